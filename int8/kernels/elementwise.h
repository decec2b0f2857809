// SIMD kernels of the ops without weights. Each gives the bytes of the portable function whose name
// it carries; selection is in dispatch.cpp.
//
// The bodies are written once, in elementwise.inc and reductions.inc, on the 16-code primitives
// that each elementwise_<isa>.cpp defines; tables and QUANTIZE are written for each ISA.
#pragma once

#include "int8/kernels/dispatch.h"

namespace octet::int8 {

// Null where the architecture lacks the instruction set.
#if defined(__x86_64__)
#define OCTET_X86(name) name
#else
#define OCTET_X86(name) nullptr
#endif
#if defined(__aarch64__)
#define OCTET_NEON(name) name
#else
#define OCTET_NEON(name) nullptr
#endif

template <class F>
struct KernelChoice {
  F *avx512 = nullptr, *avx2 = nullptr, *neon = nullptr, *portable = nullptr;
  const char *avx512_name = "", *avx2_name = "", *neon_name = "";
};

/// The best kernel there is for `isa`.
template <class F>
Kernel<F> select_kernel(Isa isa, const KernelChoice<F>& c) noexcept {
  if (isa == Isa::neon_dot && c.neon) return {c.neon, c.neon_name};
  if (has_avx512_vnni(isa) && c.avx512) return {c.avx512, c.avx512_name};
  if (isa != Isa::portable && c.avx2) return {c.avx2, c.avx2_name};
  return {c.portable, "portable"};
}

/// The kernels op_avx512, op_avx2, op_neon and op.
#define OCTET_KERNELS(op)                                                                   \
  {                                                                                         \
    OCTET_X86(op##_avx512), OCTET_X86(op##_avx2), OCTET_NEON(op##_neon), op, #op "_avx512", \
        #op "_avx2", #op "_neon"                                                            \
  }

/// Up to where the 31-bit reciprocals of average pools are exact: 128.5 count^2 < 2^31.
inline constexpr std::int32_t largest_quotient_count = 4000;

AddFunction add_avx512, add_avx2, add_neon;
MulFunction mul_avx512, mul_avx2, mul_neon;
PreluFunction prelu_avx512, prelu_avx2, prelu_neon;
MinMaxFunction minimum_avx512, minimum_avx2, minimum_neon;
MinMaxFunction maximum_avx512, maximum_avx2, maximum_neon;
MeanFunction mean_avx512, mean_avx2, mean_neon;
SoftmaxFunction softmax_row_avx512, softmax_row_avx2, softmax_row_neon;
BilinearFunction bilinear_row_avx512, bilinear_row_avx2, bilinear_row_neon;
PoolRowFunction average_pool_row_avx512, average_pool_row_avx2, average_pool_row_neon;
PoolRowFunction max_pool_row_avx512, max_pool_row_avx2, max_pool_row_neon;
QuantizeFunction quantize_avx512, quantize_avx2, quantize_neon;
DequantizeFunction dequantize_avx512, dequantize_avx2, dequantize_neon;
/// avx512_vbmi: requires AVX512-VBMI beside the ISA's own instructions.
LookupFunction lookup_avx512_vbmi, lookup_avx2, lookup_neon;

}  // namespace octet::int8
