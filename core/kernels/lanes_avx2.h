// A vector of floats in AVX2, under the names that *.inc kernels use. x86-64 only. Not for users of
// the library.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_LANES_TARGET OCTET_TARGET_AVX2

namespace octet::avx2 {

using Vector = __m256;
constexpr std::int64_t lanes = 8;
constexpr int registers = 16;

OCTET_TARGET_AVX2 OCTET_INLINE Vector zero() {
  return _mm256_setzero_ps();
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector broadcast(float x) {
  return _mm256_set1_ps(x);
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector load(const float* from) {
  return _mm256_loadu_ps(from);
}
/// Of integers, rounded.
OCTET_TARGET_AVX2 OCTET_INLINE Vector load(const std::int32_t* from) {
  return _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
OCTET_TARGET_AVX2 OCTET_INLINE void store(float* to, Vector value) {
  _mm256_storeu_ps(to, value);
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_ps(a, b);
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector subtract(Vector a, Vector b) {
  return _mm256_sub_ps(a, b);
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector multiply(Vector a, Vector b) {
  return _mm256_mul_ps(a, b);
}
/// a b + c
OCTET_TARGET_AVX2 OCTET_INLINE Vector fmadd(Vector a, Vector b, Vector c) {
  return _mm256_fmadd_ps(a, b, c);
}

/// g where z > lo, else 0.
OCTET_TARGET_AVX2 OCTET_INLINE Vector keep_above(Vector g, Vector z, Vector lo) {
  return _mm256_and_ps(g, _mm256_cmp_ps(z, lo, _CMP_GT_OQ));
}
/// g where lo < z < hi, else 0.
OCTET_TARGET_AVX2 OCTET_INLINE Vector keep_between(Vector g, Vector lo, Vector z, Vector hi) {
  return keep_above(keep_above(g, z, lo), hi, z);
}

/// g where the lane's bit is 1, else 0.
OCTET_TARGET_AVX2 OCTET_INLINE Vector keep_bits(Vector g, const std::uint8_t* bits) {
  const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i kept = _mm256_and_si256(_mm256_set1_epi32(*bits), bit);
  return _mm256_and_ps(g, _mm256_castsi256_ps(_mm256_cmpeq_epi32(kept, bit)));
}

/// A Vector's values in double.
struct Wide {
  __m256d lo, hi;
};
OCTET_TARGET_AVX2 OCTET_INLINE Wide widen(Vector v) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
}
OCTET_TARGET_AVX2 OCTET_INLINE Wide load_wide(const double* from) {
  return {_mm256_loadu_pd(from), _mm256_loadu_pd(from + lanes / 2)};
}
OCTET_TARGET_AVX2 OCTET_INLINE Wide load_wide(const std::int32_t* from) {
  return {_mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))),
          _mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + lanes / 2)))};
}
OCTET_TARGET_AVX2 OCTET_INLINE void store_wide(double* to, Wide value) {
  _mm256_storeu_pd(to, value.lo);
  _mm256_storeu_pd(to + lanes / 2, value.hi);
}
OCTET_TARGET_AVX2 OCTET_INLINE Wide add(Wide a, Wide b) {
  return {_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)};
}
OCTET_TARGET_AVX2 OCTET_INLINE Wide multiply(Wide a, Wide b) {
  return {_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)};
}
OCTET_TARGET_AVX2 OCTET_INLINE Wide fmadd(Wide a, Wide b, Wide c) {
  return {_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}

// All ones in the first `count` lanes.
OCTET_TARGET_AVX2 OCTET_INLINE __m256i first_lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// Vector v of V, the last of which has `last` valid lanes; the others are zero.
template <int V>
OCTET_TARGET_AVX2 OCTET_INLINE Vector load_some(const float* from, int v, int last) {
  return v + 1 == V ? _mm256_maskload_ps(from, first_lanes(last)) : _mm256_loadu_ps(from);
}
/// A masked store takes a dozen cycles on some CPUs: only where it must be.
template <int V>
OCTET_TARGET_AVX2 OCTET_INLINE void store_some(float* to, int v, int last, Vector value) {
  if (v + 1 < V || last == lanes) {
    _mm256_storeu_ps(to, value);
  } else {
    _mm256_maskstore_ps(to, first_lanes(last), value);
  }
}

}  // namespace octet::avx2
