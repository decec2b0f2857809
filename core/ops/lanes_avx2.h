// A vector of floats in AVX2, under the names that *.inc kernels use. x86-64 only. Not for users of
// the library.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "core/simd.h"

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
OCTET_TARGET_AVX2 OCTET_INLINE void store(float* to, Vector value) {
  _mm256_storeu_ps(to, value);
}
OCTET_TARGET_AVX2 OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_ps(a, b);
}
/// a b + c
OCTET_TARGET_AVX2 OCTET_INLINE Vector fmadd(Vector a, Vector b, Vector c) {
  return _mm256_fmadd_ps(a, b, c);
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
