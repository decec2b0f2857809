// SIMD kernels of the ops without weights. Each gives the bytes of the portable function it stands
// in for; selection is in the op's file.
#pragma once

#include "quant/int8/ops/add.h"
#include "quant/int8/ops/pool.h"
#include "quant/int8/ops/quantize.h"
#include "quant/int8/table.h"

namespace octet::int8 {

/// A name that exists on x86 only; null elsewhere.
#if defined(__x86_64__)
#define OCTET_X86(name) name
#else
#define OCTET_X86(name) nullptr
#endif

template <class F>
struct KernelChoice {
  F avx512 = nullptr, avx2 = nullptr, portable = nullptr;
};
/// The best kernel there is for `isa`.
template <class F>
F select_kernel(Isa isa, const KernelChoice<F>& choice) noexcept {
  if (isa == Isa::avx512_vnni && choice.avx512) return choice.avx512;
  if (isa != Isa::portable && choice.avx2) return choice.avx2;
  return choice.portable;
}

#if defined(__x86_64__)
void add_avx2(const AddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
              std::int64_t n) noexcept;
void lookup_avx2(const Table& table, const std::int8_t* x, std::int8_t* y, std::int64_t n) noexcept;
void quantize_avx2(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
                   std::int64_t n) noexcept;
void average_pool_row_avx2(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                           int out_y, std::int8_t* y) noexcept;
void max_pool_row_avx2(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                       int out_y, std::int8_t* y) noexcept;

void add_avx512(const AddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
                std::int64_t n) noexcept;
/// Requires AVX512-VBMI beside the ISA's own instructions.
void lookup_avx512_vbmi(const Table& table, const std::int8_t* x, std::int8_t* y,
                        std::int64_t n) noexcept;
void quantize_avx512(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
                     std::int64_t n) noexcept;
void average_pool_row_avx512(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                             int out_y, std::int8_t* y) noexcept;
void max_pool_row_avx512(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                         int out_y, std::int8_t* y) noexcept;
#endif

}  // namespace octet::int8
