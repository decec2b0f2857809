// Vectors in AVX2: floats, int32 and the floats' values in double, under the names that the kernels
// of every instruction set use (each_vec.inc). x86-64 only.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#include "base/simd/simd.h"

#define OCTET_VEC OCTET_TARGET_AVX2 OCTET_INLINE

namespace octet::avx2 {

using Floats = __m256;
using Ints = __m256i;
constexpr std::int64_t lanes = 8;
constexpr int registers = 16;

OCTET_VEC Floats zero() {
  return _mm256_setzero_ps();
}
OCTET_VEC Floats broadcast(float x) {
  return _mm256_set1_ps(x);
}
OCTET_VEC Floats load(const float* from) {
  return _mm256_loadu_ps(from);
}
/// Of integers, rounded.
OCTET_VEC Floats load_as_floats(const std::int32_t* from) {
  return _mm256_cvtepi32_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
OCTET_VEC void store(float* to, Floats value) {
  _mm256_storeu_ps(to, value);
}
OCTET_VEC Floats add(Floats a, Floats b) {
  return _mm256_add_ps(a, b);
}
OCTET_VEC Floats sub(Floats a, Floats b) {
  return _mm256_sub_ps(a, b);
}
OCTET_VEC Floats mul(Floats a, Floats b) {
  return _mm256_mul_ps(a, b);
}
/// a b + c
OCTET_VEC Floats fmadd(Floats a, Floats b, Floats c) {
  return _mm256_fmadd_ps(a, b, c);
}

/// g where z > lo, else 0.
OCTET_VEC Floats keep_above(Floats g, Floats z, Floats lo) {
  return _mm256_and_ps(g, _mm256_cmp_ps(z, lo, _CMP_GT_OQ));
}
/// g where lo < z < hi, else 0.
OCTET_VEC Floats keep_between(Floats g, Floats lo, Floats z, Floats hi) {
  return keep_above(keep_above(g, z, lo), hi, z);
}

/// g where the lane's bit is 1, else 0.
OCTET_VEC Floats keep_bits(Floats g, const std::uint8_t* bits) {
  const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i kept = _mm256_and_si256(_mm256_set1_epi32(*bits), bit);
  return _mm256_and_ps(g, _mm256_castsi256_ps(_mm256_cmpeq_epi32(kept, bit)));
}

/// A vector of floats' values in double.
struct Doubles {
  __m256d lo, hi;
};
OCTET_VEC Doubles widen(Floats v) {
  return {_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
}
OCTET_VEC Doubles load_wide(const double* from) {
  return {_mm256_loadu_pd(from), _mm256_loadu_pd(from + lanes / 2)};
}
OCTET_VEC Doubles load_wide(const std::int32_t* from) {
  return {_mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))),
          _mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + lanes / 2)))};
}
OCTET_VEC void store_wide(double* to, Doubles value) {
  _mm256_storeu_pd(to, value.lo);
  _mm256_storeu_pd(to + lanes / 2, value.hi);
}
OCTET_VEC Doubles add(Doubles a, Doubles b) {
  return {_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)};
}
OCTET_VEC Doubles mul(Doubles a, Doubles b) {
  return {_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)};
}
OCTET_VEC Doubles fmadd(Doubles a, Doubles b, Doubles c) {
  return {_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}

// All ones in the first `count` lanes.
OCTET_VEC __m256i first_lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// Floats v of V, the last of which has `last` valid lanes; the others are zero.
template <int V>
OCTET_VEC Floats load_some(const float* from, int v, int last) {
  return v + 1 == V ? _mm256_maskload_ps(from, first_lanes(last)) : _mm256_loadu_ps(from);
}
/// A masked store takes a dozen cycles on some CPUs: only where it must be.
template <int V>
OCTET_VEC void store_some(float* to, int v, int last, Floats value) {
  if (v + 1 < V || last == lanes) {
    _mm256_storeu_ps(to, value);
  } else {
    _mm256_maskstore_ps(to, first_lanes(last), value);
  }
}

OCTET_VEC Ints broadcast(std::int32_t x) {
  return _mm256_set1_epi32(x);
}
OCTET_VEC Ints load(const std::int32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
OCTET_VEC void store(std::int32_t* to, Ints v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v);
}
OCTET_VEC Ints add(Ints a, Ints b) {
  return _mm256_add_epi32(a, b);
}
OCTET_VEC Ints sub(Ints a, Ints b) {
  return _mm256_sub_epi32(a, b);
}
OCTET_VEC Ints mul(Ints a, Ints b) {
  return _mm256_mullo_epi32(a, b);
}
template <int by>
OCTET_VEC Ints shift_left(Ints a) {
  return _mm256_slli_epi32(a, by);
}
/// By the lane's count, arithmetic.
OCTET_VEC Ints shift_right(Ints a, Ints by) {
  return _mm256_srav_epi32(a, by);
}
OCTET_VEC std::int32_t least(Ints v) {
  std::int32_t values[lanes];
  store(values, v);
  return *std::min_element(values, values + lanes);
}
OCTET_VEC std::int32_t greatest(Ints v) {
  std::int32_t values[lanes];
  store(values, v);
  return *std::max_element(values, values + lanes);
}

/// Every lane lies before the end.
struct All {};
OCTET_VEC Ints load(All, const std::int32_t* from) {
  return load(from);
}
OCTET_VEC Ints load(All, const std::int8_t* from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
OCTET_VEC void widen_range(All, Ints v, Ints& min, Ints& max) {
  min = _mm256_min_epi32(min, v);
  max = _mm256_max_epi32(max, v);
}
OCTET_VEC unsigned bits_of(Ints v, Ints lo, Ints hi) {
  const Ints outside = _mm256_or_si256(_mm256_cmpgt_epi32(lo, v), _mm256_cmpgt_epi32(v, hi));
  return static_cast<unsigned>(~_mm256_movemask_ps(_mm256_castsi256_ps(outside)));
}
OCTET_VEC void store_bits(All, std::uint8_t* to, Ints v, Ints lo, Ints hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi));
}

/// The first lanes of the last vector; the others are neither read nor written.
struct First {
  std::int64_t left;  ///< in (0, lanes)
  OCTET_VEC Ints mask() const {
    return _mm256_cmpgt_epi32(broadcast(static_cast<std::int32_t>(left)),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};
OCTET_VEC Ints load(First first, const std::int32_t* from) {
  return _mm256_maskload_epi32(from, first.mask());
}
OCTET_VEC Ints load(First first, const std::int8_t* from) {
  std::int8_t codes[lanes] = {};
  std::copy_n(from, first.left, codes);
  return load(All{}, codes);
}
OCTET_VEC void widen_range(First first, Ints v, Ints& min, Ints& max) {
  const Ints mask = first.mask();
  min = _mm256_min_epi32(min, _mm256_blendv_epi8(min, v, mask));
  max = _mm256_max_epi32(max, _mm256_blendv_epi8(max, v, mask));
}
OCTET_VEC void store_bits(First first, std::uint8_t* to, Ints v, Ints lo, Ints hi) {
  *to = static_cast<std::uint8_t>(bits_of(v, lo, hi) & ((1u << first.left) - 1));
}

/// Codes clamped to [lo, hi], which int8 holds.
struct CodeRange {
  __m128i lo, hi;
  OCTET_TARGET_AVX2 CodeRange(std::int32_t from, std::int32_t to)
      : lo(_mm_set1_epi8(static_cast<char>(from))), hi(_mm_set1_epi8(static_cast<char>(to))) {}
  OCTET_VEC void store(All, std::int8_t* to, Ints v) const {
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i codes = _mm_packs_epi16(words, words);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_min_epi8(_mm_max_epi8(codes, lo), hi));
  }
  OCTET_VEC void store(First first, std::int8_t* to, Ints v) const {
    std::int8_t codes[lanes];
    store(All{}, codes, v);
    std::copy_n(codes, first.left, to);
  }
};

/// Calls f(i, valid) for the vectors at begin, begin + step, ... that begin before n.
template <class F>
OCTET_VEC void for_vectors(std::int64_t begin, std::int64_t n, std::int64_t step, const F& f) {
  std::int64_t i = begin;
  for (; i + lanes <= n; i += step) f(i, All{});
  if (i < n) f(i, First{n - i});
}

}  // namespace octet::avx2

#undef OCTET_VEC
