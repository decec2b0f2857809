// Vectors in AVX-512: floats, int32 and the floats' values in double, under the names that the
// kernels of every instruction set use (each_vec.inc). x86-64 only.
#pragma once

// GCC 12's own intrinsics start from an undefined value (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_VEC OCTET_TARGET_AVX512 OCTET_INLINE

namespace octet::avx512 {

using Floats = __m512;
using Ints = __m512i;
constexpr std::int64_t lanes = 16;
constexpr int registers = 32;

OCTET_VEC Floats zero() {
  return _mm512_setzero_ps();
}
OCTET_VEC Floats broadcast(float x) {
  return _mm512_set1_ps(x);
}
OCTET_VEC Floats load(const float* from) {
  return _mm512_loadu_ps(from);
}
/// Of integers, rounded.
OCTET_VEC Floats load_as_floats(const std::int32_t* from) {
  return _mm512_cvtepi32_ps(_mm512_loadu_si512(from));
}
OCTET_VEC void store(float* to, Floats value) {
  _mm512_storeu_ps(to, value);
}
OCTET_VEC Floats add(Floats a, Floats b) {
  return _mm512_add_ps(a, b);
}
OCTET_VEC Floats sub(Floats a, Floats b) {
  return _mm512_sub_ps(a, b);
}
OCTET_VEC Floats mul(Floats a, Floats b) {
  return _mm512_mul_ps(a, b);
}
/// a b + c
OCTET_VEC Floats fmadd(Floats a, Floats b, Floats c) {
  return _mm512_fmadd_ps(a, b, c);
}

/// g where z > lo, else 0.
OCTET_VEC Floats keep_above(Floats g, Floats z, Floats lo) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(z, lo, _CMP_GT_OQ), g);
}
/// g where lo < z < hi, else 0.
OCTET_VEC Floats keep_between(Floats g, Floats lo, Floats z, Floats hi) {
  return keep_above(keep_above(g, z, lo), hi, z);
}

/// g where the lane's bit is 1, else 0.
OCTET_VEC Floats keep_bits(Floats g, const std::uint8_t* bits) {
  __mmask16 mask;
  __builtin_memcpy(&mask, bits, sizeof mask);
  return _mm512_maskz_mov_ps(mask, g);
}

/// A vector of floats' values in double.
struct Doubles {
  __m512d lo, hi;
};
OCTET_VEC Doubles widen(Floats v) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(v)),
          _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
}
OCTET_VEC Doubles load_wide(const double* from) {
  return {_mm512_loadu_pd(from), _mm512_loadu_pd(from + lanes / 2)};
}
OCTET_VEC Doubles load_wide(const std::int32_t* from) {
  return {
      _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))),
      _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + lanes / 2)))};
}
OCTET_VEC void store_wide(double* to, Doubles value) {
  _mm512_storeu_pd(to, value.lo);
  _mm512_storeu_pd(to + lanes / 2, value.hi);
}
OCTET_VEC Doubles add(Doubles a, Doubles b) {
  return {_mm512_add_pd(a.lo, b.lo), _mm512_add_pd(a.hi, b.hi)};
}
OCTET_VEC Doubles mul(Doubles a, Doubles b) {
  return {_mm512_mul_pd(a.lo, b.lo), _mm512_mul_pd(a.hi, b.hi)};
}
OCTET_VEC Doubles fmadd(Doubles a, Doubles b, Doubles c) {
  return {_mm512_fmadd_pd(a.lo, b.lo, c.lo), _mm512_fmadd_pd(a.hi, b.hi, c.hi)};
}

// The mask of vector v of V, the last of which has `last` valid lanes.
template <int V>
OCTET_VEC __mmask16 mask_of(int v, int last) {
  return static_cast<__mmask16>(v + 1 == V ? (1u << last) - 1 : 0xffffu);
}

/// Floats v of V, the last of which has `last` valid lanes; the others are zero.
template <int V>
OCTET_VEC Floats load_some(const float* from, int v, int last) {
  return _mm512_maskz_loadu_ps(mask_of<V>(v, last), from);
}
template <int V>
OCTET_VEC void store_some(float* to, int v, int last, Floats value) {
  _mm512_mask_storeu_ps(to, mask_of<V>(v, last), value);
}

OCTET_VEC Ints broadcast(std::int32_t x) {
  return _mm512_set1_epi32(x);
}
OCTET_VEC Ints load(const std::int32_t* from) {
  return _mm512_loadu_si512(from);
}
OCTET_VEC void store(std::int32_t* to, Ints v) {
  _mm512_storeu_si512(to, v);
}
OCTET_VEC Ints add(Ints a, Ints b) {
  return _mm512_add_epi32(a, b);
}
OCTET_VEC Ints sub(Ints a, Ints b) {
  return _mm512_sub_epi32(a, b);
}
OCTET_VEC Ints mul(Ints a, Ints b) {
  return _mm512_mullo_epi32(a, b);
}
template <int by>
OCTET_VEC Ints shift_left(Ints a) {
  return _mm512_slli_epi32(a, by);
}
/// By the lane's count, arithmetic.
OCTET_VEC Ints shift_right(Ints a, Ints by) {
  return _mm512_srav_epi32(a, by);
}
OCTET_VEC std::int32_t least(Ints v) {
  return _mm512_reduce_min_epi32(v);
}
OCTET_VEC std::int32_t greatest(Ints v) {
  return _mm512_reduce_max_epi32(v);
}

/// The lanes that lie before the end.
struct Valid {
  std::int64_t left;  ///< elements up to the end
  __mmask16 mask;
  OCTET_TARGET_AVX512 explicit Valid(std::int64_t n)
      : left(n), mask(static_cast<__mmask16>(n >= lanes ? 0xffff : (1u << n) - 1)) {}
};
OCTET_VEC Ints load(Valid valid, const std::int32_t* from) {
  return _mm512_maskz_loadu_epi32(valid.mask, from);
}
OCTET_VEC Ints load(Valid valid, const std::int8_t* from) {
  return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(valid.mask, from));
}
OCTET_VEC void widen_range(Valid valid, Ints v, Ints& min, Ints& max) {
  min = _mm512_mask_min_epi32(min, valid.mask, min, v);
  max = _mm512_mask_max_epi32(max, valid.mask, max, v);
}
OCTET_VEC void store_bits(Valid valid, std::uint8_t* to, Ints v, Ints lo, Ints hi) {
  const auto bits = static_cast<std::uint16_t>(
      _mm512_mask_cmple_epi32_mask(_mm512_mask_cmpge_epi32_mask(valid.mask, v, lo), v, hi));
  __builtin_memcpy(to, &bits, valid.left > 8 ? 2 : 1);
}

/// Codes clamped to [lo, hi], which int8 holds.
struct CodeRange {
  Ints lo, hi;
  OCTET_TARGET_AVX512 CodeRange(std::int32_t from, std::int32_t to)
      : lo(broadcast(from)), hi(broadcast(to)) {}
  OCTET_VEC void store(Valid valid, std::int8_t* to, Ints v) const {
    _mm512_mask_cvtepi32_storeu_epi8(to, valid.mask, _mm512_min_epi32(_mm512_max_epi32(v, lo), hi));
  }
};

/// Calls f(i, valid) for the vectors at begin, begin + step, ... that begin before n.
template <class F>
OCTET_VEC void for_vectors(std::int64_t begin, std::int64_t n, std::int64_t step, const F& f) {
  for (std::int64_t i = begin; i < n; i += step) f(i, Valid(n - i));
}

}  // namespace octet::avx512

#undef OCTET_VEC
