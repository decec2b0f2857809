// A vector of floats in AVX-512, under the names that *.inc kernels use. x86-64 only. Not for users
// of the library.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "core/simd.h"

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
OCTET_TARGET_AVX512 OCTET_INLINE void store(float* to, Vector value) {
  _mm512_storeu_ps(to, value);
}
OCTET_TARGET_AVX512 OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_ps(a, b);
}
/// a b + c
OCTET_TARGET_AVX512 OCTET_INLINE Vector fmadd(Vector a, Vector b, Vector c) {
  return _mm512_fmadd_ps(a, b, c);
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
