// A vector of floats in AVX-512, under the names that *.inc kernels use. x86-64 only. Not for users
// of the library.
#pragma once

// g++ 12's own intrinsics start from an undefined value (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_LANES_TARGET OCTET_TARGET_AVX512

namespace octet::avx512 {

using Vector = __m512;
constexpr std::int64_t lanes = 16;
constexpr int registers = 32;

OCTET_TARGET_AVX512 OCTET_INLINE Vector zero() {
  return _mm512_setzero_ps();
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector broadcast(float x) {
  return _mm512_set1_ps(x);
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector load(const float* from) {
  return _mm512_loadu_ps(from);
}
/// Of integers, rounded.
OCTET_TARGET_AVX512 OCTET_INLINE Vector load(const std::int32_t* from) {
  return _mm512_cvtepi32_ps(_mm512_loadu_si512(from));
}
OCTET_TARGET_AVX512 OCTET_INLINE void store(float* to, Vector value) {
  _mm512_storeu_ps(to, value);
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_ps(a, b);
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector subtract(Vector a, Vector b) {
  return _mm512_sub_ps(a, b);
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector multiply(Vector a, Vector b) {
  return _mm512_mul_ps(a, b);
}
/// a b + c
OCTET_TARGET_AVX512 OCTET_INLINE Vector fmadd(Vector a, Vector b, Vector c) {
  return _mm512_fmadd_ps(a, b, c);
}

/// g where z > lo, else 0.
OCTET_TARGET_AVX512 OCTET_INLINE Vector keep_above(Vector g, Vector z, Vector lo) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(z, lo, _CMP_GT_OQ), g);
}
/// g where lo < z < hi, else 0.
OCTET_TARGET_AVX512 OCTET_INLINE Vector keep_between(Vector g, Vector lo, Vector z, Vector hi) {
  return keep_above(keep_above(g, z, lo), hi, z);
}

/// g where the lane's bit is 1, else 0.
OCTET_TARGET_AVX512 OCTET_INLINE Vector keep_bits(Vector g, const std::uint8_t* bits) {
  __mmask16 mask;
  __builtin_memcpy(&mask, bits, sizeof mask);
  return _mm512_maskz_mov_ps(mask, g);
}

/// A Vector's values in double.
struct Wide {
  __m512d lo, hi;
};
OCTET_TARGET_AVX512 OCTET_INLINE Wide widen(Vector v) {
  return {_mm512_cvtps_pd(_mm512_castps512_ps256(v)),
          _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
}
OCTET_TARGET_AVX512 OCTET_INLINE Wide load_wide(const double* from) {
  return {_mm512_loadu_pd(from), _mm512_loadu_pd(from + lanes / 2)};
}
OCTET_TARGET_AVX512 OCTET_INLINE Wide load_wide(const std::int32_t* from) {
  return {
      _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))),
      _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + lanes / 2)))};
}
OCTET_TARGET_AVX512 OCTET_INLINE void store_wide(double* to, Wide value) {
  _mm512_storeu_pd(to, value.lo);
  _mm512_storeu_pd(to + lanes / 2, value.hi);
}
OCTET_TARGET_AVX512 OCTET_INLINE Wide add(Wide a, Wide b) {
  return {_mm512_add_pd(a.lo, b.lo), _mm512_add_pd(a.hi, b.hi)};
}
OCTET_TARGET_AVX512 OCTET_INLINE Wide multiply(Wide a, Wide b) {
  return {_mm512_mul_pd(a.lo, b.lo), _mm512_mul_pd(a.hi, b.hi)};
}
OCTET_TARGET_AVX512 OCTET_INLINE Wide fmadd(Wide a, Wide b, Wide c) {
  return {_mm512_fmadd_pd(a.lo, b.lo, c.lo), _mm512_fmadd_pd(a.hi, b.hi, c.hi)};
}

// The mask of vector v of V, the last of which has `last` valid lanes.
template <int V>
OCTET_TARGET_AVX512 OCTET_INLINE __mmask16 mask_of(int v, int last) {
  return static_cast<__mmask16>(v + 1 == V ? (1u << last) - 1 : 0xffffu);
}

/// Vector v of V, the last of which has `last` valid lanes; the others are zero.
template <int V>
OCTET_TARGET_AVX512 OCTET_INLINE Vector load_some(const float* from, int v, int last) {
  return _mm512_maskz_loadu_ps(mask_of<V>(v, last), from);
}
template <int V>
OCTET_TARGET_AVX512 OCTET_INLINE void store_some(float* to, int v, int last, Vector value) {
  _mm512_mask_storeu_ps(to, mask_of<V>(v, last), value);
}

}  // namespace octet::avx512
