// Vectors of int32 in AVX2, under the names that *.inc kernels use. x86-64 only.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_LANES_TARGET OCTET_TARGET_AVX2

namespace octet::quant::avx2 {

using Vector = __m256i;
constexpr std::int64_t lanes = 8;

OCTET_LANES_TARGET OCTET_INLINE Vector broadcast(std::int32_t x) {
  return _mm256_set1_epi32(x);
}
OCTET_LANES_TARGET OCTET_INLINE Vector load(const std::int32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
OCTET_LANES_TARGET OCTET_INLINE void store(std::int32_t* to, Vector v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
}
OCTET_LANES_TARGET OCTET_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_epi32(a, b);
}
OCTET_LANES_TARGET OCTET_INLINE Vector sub(Vector a, Vector b) {
  return _mm256_sub_epi32(a, b);
}
OCTET_LANES_TARGET OCTET_INLINE Vector mul(Vector a, Vector b) {
  return _mm256_mullo_epi32(a, b);
}
template <int by>
OCTET_LANES_TARGET OCTET_INLINE Vector shift_left(Vector a) {
  return _mm256_slli_epi32(a, by);
}
OCTET_LANES_TARGET OCTET_INLINE std::int32_t least(Vector v) {
  std::int32_t values[lanes];
  store(values, v);
  return *std::min_element(values, values + lanes);
}
OCTET_LANES_TARGET OCTET_INLINE std::int32_t greatest(Vector v) {
  std::int32_t values[lanes];
  store(values, v);
  return *std::max_element(values, values + lanes);
}

/// Every lane lies before the end.
struct All {};
OCTET_LANES_TARGET OCTET_INLINE Vector load(All, const std::int32_t* from) {
  return load(from);
}
OCTET_LANES_TARGET OCTET_INLINE Vector load(All, const std::int8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
OCTET_LANES_TARGET OCTET_INLINE void widen_range(All, Vector v, Vector& min, Vector& max) {
  min = _mm256_min_epi32(min, v);
  max = _mm256_max_epi32(max, v);
}
OCTET_LANES_TARGET OCTET_INLINE unsigned bits_of(Vector v, Vector lo, Vector hi) {
  const Vector outside = _mm256_or_si256(_mm256_cmpgt_epi32(lo, v), _mm256_cmpgt_epi32(v, hi));
  return static_cast<unsigned>(~_mm256_movemask_ps(_mm256_castsi256_ps(outside)));
}
OCTET_LANES_TARGET OCTET_INLINE void store_bits(All, std::uint8_t* to, Vector v, Vector lo,
                                                Vector hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi));
}

/// The first lanes of the last vector; the others are neither read nor written.
struct First {
  std::int64_t left;  ///< in (0, lanes)
  OCTET_LANES_TARGET OCTET_INLINE Vector mask() const {
    return _mm256_cmpgt_epi32(broadcast(static_cast<std::int32_t>(left)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};
OCTET_LANES_TARGET OCTET_INLINE Vector load(First first, const std::int32_t* from) {
  return _mm256_maskload_epi32(from, first.mask());
}
OCTET_LANES_TARGET OCTET_INLINE Vector load(First first, const std::int8_t* from) {
  std::int8_t codes[lanes] = {};
  std::copy_n(from, first.left, codes);
  return load(All{}, codes);
}
OCTET_LANES_TARGET OCTET_INLINE void widen_range(First first, Vector v, Vector& min, Vector& max) {
  const Vector mask = first.mask();
  min = _mm256_min_epi32(min, _mm256_blendv_epi8(min, v, mask));
  max = _mm256_max_epi32(max, _mm256_blendv_epi8(max, v, mask));
}
OCTET_LANES_TARGET OCTET_INLINE void store_bits(First first, std::uint8_t* to, Vector v, Vector lo,
                                                Vector hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi) & ((1u << first.left) - 1));
}

/// Codes clamped to [lo, hi], which int8 holds.
struct CodeRange {
  __m128i lo, hi;
  OCTET_LANES_TARGET CodeRange(std::int32_t from, std::int32_t to)
      : lo(_mm_set1_epi8(static_cast<char>(from))), hi(_mm_set1_epi8(static_cast<char>(to))) {}
  OCTET_LANES_TARGET OCTET_INLINE void store(All, std::int8_t* to, Vector v) const {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i codes = _mm_packs_epi16(words, words);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_min_epi8(_mm_max_epi8(codes, lo), hi));
  }
  OCTET_LANES_TARGET OCTET_INLINE void store(First first, std::int8_t* to, Vector v) const {
    std::int8_t codes[lanes];
    store(All{}, codes, v);
    std::copy_n(codes, first.left, to);
  }
};

/// Calls f(i, valid) for the vectors at begin, begin + step, ... that begin before n.
template <class F>
OCTET_LANES_TARGET OCTET_INLINE void for_vectors(std::int64_t begin, std::int64_t n,
                                                 std::int64_t step, const F& f) {
  std::int64_t i = begin;
  for (; i + lanes <= n; i += step) f(i, All{});
  if (i < n) f(i, First{n - i});
}

}  // namespace octet::quant::avx2
