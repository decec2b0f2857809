// Vectors of int32 in AVX-512, under the names that *.inc kernels use. x86-64 only.
#pragma once

// GCC 12 warns of the undefined operands in its own header.
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_LANES_TARGET OCTET_TARGET_AVX512

namespace octet::quant::avx512 {

using Vector = __m512i;
constexpr std::int64_t lanes = 16;

OCTET_LANES_TARGET OCTET_INLINE Vector broadcast(std::int32_t x) {
  return _mm512_set1_epi32(x);
}
OCTET_LANES_TARGET OCTET_INLINE Vector load(const std::int32_t* from) {
  return _mm512_loadu_si512(from);
}
OCTET_LANES_TARGET OCTET_INLINE void store(std::int32_t* to, Vector v) {
  _mm512_storeu_si512(to, v);
}
OCTET_LANES_TARGET OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_epi32(a, b);
}
OCTET_LANES_TARGET OCTET_INLINE Vector sub(Vector a, Vector b) {
  return _mm512_sub_epi32(a, b);
}
OCTET_LANES_TARGET OCTET_INLINE Vector mul(Vector a, Vector b) {
  return _mm512_mullo_epi32(a, b);
}
template <int by>
OCTET_LANES_TARGET OCTET_INLINE Vector shift_left(Vector a) {
  return _mm512_slli_epi32(a, by);
}
OCTET_LANES_TARGET OCTET_INLINE std::int32_t least(Vector v) {
  return _mm512_reduce_min_epi32(v);
}
OCTET_LANES_TARGET OCTET_INLINE std::int32_t greatest(Vector v) {
  return _mm512_reduce_max_epi32(v);
}

/// The lanes that lie before the end.
struct Valid {
  std::int64_t left;  ///< elements up to the end
  __mmask16 mask;
  OCTET_LANES_TARGET explicit Valid(std::int64_t n)
      : left(n), mask(static_cast<__mmask16>(n >= lanes ? 0xffff : (1u << n) - 1)) {}
};
OCTET_LANES_TARGET OCTET_INLINE Vector load(Valid valid, const std::int32_t* from) {
  return _mm512_maskz_loadu_epi32(valid.mask, from);
}
OCTET_LANES_TARGET OCTET_INLINE Vector load(Valid valid, const std::int8_t* from) {
  return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(valid.mask, from));
}
OCTET_LANES_TARGET OCTET_INLINE void widen_range(Valid valid, Vector v, Vector& min, Vector& max) {
  min = _mm512_mask_min_epi32(min, valid.mask, min, v);
  max = _mm512_mask_max_epi32(max, valid.mask, max, v);
}
OCTET_LANES_TARGET OCTET_INLINE void store_bits(Valid valid, std::uint8_t* to, Vector v, Vector lo,
                                                Vector hi) {
  const auto bits = static_cast<std::uint16_t>(
      _mm512_mask_cmple_epi32_mask(_mm512_mask_cmpge_epi32_mask(valid.mask, v, lo), v, hi));
  __builtin_memcpy(to, &bits, valid.left > 8 ? 2 : 1);
}

/// Codes clamped to [lo, hi], which int8 holds.
struct CodeRange {
  Vector lo, hi;
  OCTET_LANES_TARGET CodeRange(std::int32_t from, std::int32_t to)
      : lo(broadcast(from)), hi(broadcast(to)) {}
  OCTET_LANES_TARGET OCTET_INLINE void store(Valid valid, std::int8_t* to, Vector v) const {
    _mm512_mask_cvtepi32_storeu_epi8(to, valid.mask, _mm512_min_epi32(_mm512_max_epi32(v, lo), hi));
  }
};

/// Calls f(i, valid) for the vectors at begin, begin + step, ... that begin before n.
template <class F>
OCTET_LANES_TARGET OCTET_INLINE void for_vectors(std::int64_t begin, std::int64_t n,
                                                 std::int64_t step, const F& f) {
  for (std::int64_t i = begin; i < n; i += step) f(i, Valid(n - i));
}

}  // namespace octet::quant::avx512
