// The best kernel of each op without weights for an instruction set. Every one gives the bytes of
// the portable function of int8/reference that has its type.
#pragma once

#include "int8/kernels/engine_isa.h"
#include "int8/kernels/kernel.h"
#include "int8/reference/add.h"
#include "int8/reference/mean.h"
#include "int8/reference/min_max.h"
#include "int8/reference/mul.h"
#include "int8/reference/pool.h"
#include "int8/reference/prelu.h"
#include "int8/reference/quantize.h"
#include "int8/reference/resize.h"
#include "int8/reference/softmax.h"
#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// Kernels that combine codes of one channel take this many channels at once; ops with fewer run
/// the portable function.
inline constexpr std::int64_t channel_block = 16;
inline Isa isa_for_channels(Isa isa, std::int64_t channels) noexcept {
  return channels < channel_block ? Isa::portable : isa;
}

Kernel<AddFunction> add_kernel(Isa isa) noexcept;
Kernel<MeanFunction> mean_kernel(Isa isa) noexcept;
Kernel<MinMaxFunction> minimum_kernel(Isa isa) noexcept;
Kernel<MinMaxFunction> maximum_kernel(Isa isa) noexcept;
Kernel<MulFunction> mul_kernel(Isa isa) noexcept;
Kernel<PoolRowFunction> average_pool_kernel(Isa isa) noexcept;
Kernel<PoolRowFunction> max_pool_kernel(Isa isa) noexcept;
Kernel<PreluFunction> prelu_kernel(Isa isa) noexcept;
Kernel<QuantizeFunction> quantize_kernel(Isa isa) noexcept;
Kernel<DequantizeFunction> dequantize_kernel(Isa isa) noexcept;
Kernel<BilinearFunction> bilinear_kernel(Isa isa) noexcept;
Kernel<SoftmaxFunction> softmax_kernel(Isa isa) noexcept;
Kernel<LookupFunction> lookup_kernel(Isa isa) noexcept;

}  // namespace octet::int8
