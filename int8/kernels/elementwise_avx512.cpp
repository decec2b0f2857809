// Kernels of the ops without weights for AVX-512: the primitives of elementwise.inc, and what is
// written for this ISA alone.
#include "int8/kernels/elementwise.h"

#if defined(__x86_64__)

// g++ 12's own intrinsics start from an undefined value (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define OCTET_TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define OCTET_AVX512_VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))
#define OCTET_PRIMITIVE OCTET_TARGET inline __attribute__((always_inline))
#define OCTET_NAME(op) op##_avx512

#include "int8/kernels/words_x86.inc"

namespace octet::int8 {
namespace {

/// 16 values of 32 bits, in order.
struct Lanes {
  __m512i v;
};

OCTET_PRIMITIVE Lanes load(const std::int8_t* p) {
  return {_mm512_cvtepi8_epi32(bytes16(p))};
}
OCTET_PRIMITIVE void store(std::int8_t* y, Lanes v, ClampRange range) {
  const __m128i codes = _mm512_cvtsepi32_epi8(v.v);
  const __m128i lo = _mm_set1_epi8(static_cast<char>(range.lo));
  const __m128i hi = _mm_set1_epi8(static_cast<char>(range.hi));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm_min_epi8(_mm_max_epi8(codes, lo), hi));
}
OCTET_PRIMITIVE Lanes load32(const std::int32_t* p) {
  return {_mm512_loadu_si512(p)};
}
OCTET_PRIMITIVE void store32(std::int32_t* p, Lanes v) {
  _mm512_storeu_si512(p, v.v);
}
OCTET_PRIMITIVE Lanes splat(std::int32_t v) {
  return {_mm512_set1_epi32(v)};
}
OCTET_PRIMITIVE Lanes operator+(Lanes a, Lanes b) {
  return {_mm512_add_epi32(a.v, b.v)};
}
OCTET_PRIMITIVE Lanes operator-(Lanes a, Lanes b) {
  return {_mm512_sub_epi32(a.v, b.v)};
}
OCTET_PRIMITIVE Lanes operator*(Lanes a, Lanes b) {
  return {_mm512_mullo_epi32(a.v, b.v)};
}
OCTET_PRIMITIVE Lanes operator&(Lanes a, Lanes b) {
  return {_mm512_and_si512(a.v, b.v)};
}
OCTET_PRIMITIVE bool any_negative(Lanes v) {
  return _mm512_cmplt_epi32_mask(v.v, _mm512_setzero_si512()) != 0;
}
OCTET_PRIMITIVE Lanes shifted_left(Lanes v, int by) {
  return {_mm512_sll_epi32(v.v, _mm_cvtsi32_si128(by))};
}
OCTET_PRIMITIVE Lanes shifted_right(Lanes v, int by) {
  return {_mm512_sra_epi32(v.v, _mm_cvtsi32_si128(by))};
}
OCTET_PRIMITIVE Lanes where_negative(Lanes test, Lanes negative, Lanes other) {
  const __mmask16 mask = _mm512_cmplt_epi32_mask(test.v, _mm512_setzero_si512());
  return {_mm512_mask_blend_epi32(mask, other.v, negative.v)};
}

OCTET_PRIMITIVE Lanes widened(Words v) {
  return {_mm512_cvtepi16_epi32(v)};
}

/// multiply_by_quantized_multiplier
template <Rounding rounding>
OCTET_PRIMITIVE Lanes rescale(Lanes x, Multiplier by) {
  constexpr bool single = rounding == Rounding::single_rounding;
  const int left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  const int total = single ? 31 - by.shift : 31;
  if (!single && left > 0) x = shifted_left(x, left);
  const __m512i m = _mm512_set1_epi32(by.m);
  const __m512i half = _mm512_set1_epi64(std::int64_t{1} << (total - 1));
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x.v, m), half);
  const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x.v, 32), m), half);
  if (single && total >= 32) {
    // Bits 32 and up of both, shifted further: the sign comes with them.
    const __m512i high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    return {_mm512_sra_epi32(high, _mm_cvtsi32_si128(total - 32))};
  }
  const __m512i rounded =
      _mm512_mask_blend_epi32(0xAAAA, _mm512_srl_epi64(even, _mm_cvtsi32_si128(total)),
                              _mm512_sll_epi64(odd, _mm_cvtsi32_si128(32 - total)));
  if (single) return {rounded};
  // Rounding divide by 2^right, ties away from zero.
  const auto mask_value = static_cast<std::int32_t>((std::int64_t{1} << right) - 1);
  const __m512i remainder = _mm512_and_si512(rounded, _mm512_set1_epi32(mask_value));
  const __m512i threshold =
      _mm512_sub_epi32(_mm512_set1_epi32(mask_value >> 1), _mm512_srai_epi32(rounded, 31));
  const __mmask16 up = _mm512_cmpgt_epi32_mask(remainder, threshold);
  const __m512i quotient = _mm512_sra_epi32(rounded, _mm_cvtsi32_si128(right));
  return {_mm512_mask_add_epi32(quotient, up, quotient, _mm512_set1_epi32(1))};
}

/// sum / count, rounded half away from zero, by a 31-bit reciprocal: |sum| + count / 2 over count.
/// Exact for |sum| <= 128 count and count <= largest_quotient_count.
OCTET_PRIMITIVE Lanes quotient(Lanes sum, std::int32_t count) {
  const auto reciprocal = static_cast<std::int32_t>(
      static_cast<std::uint32_t>(((std::int64_t{1} << 31) + count - 1) / count));
  const __m512i r = _mm512_set1_epi32(reciprocal);
  const __m512i n = _mm512_add_epi32(_mm512_abs_epi32(sum.v), _mm512_set1_epi32(count / 2));
  const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(n, r), 31);
  const __m512i odd = _mm512_slli_epi64(_mm512_mul_epu32(_mm512_srli_epi64(n, 32), r), 1);
  const Lanes magnitude{_mm512_mask_blend_epi32(0xAAAA, even, odd)};
  return where_negative(sum, splat(0) - magnitude, magnitude);
}

}  // namespace
}  // namespace octet::int8

#include "int8/kernels/elementwise.inc"
#include "int8/kernels/reductions.inc"

namespace octet::int8 {

OCTET_AVX512_VBMI void lookup_avx512_vbmi(const Table& table, const std::int8_t* x, std::int8_t* y,
                                          std::int64_t n) noexcept {
  const __m512i part0 = _mm512_loadu_si512(table.data());
  const __m512i part1 = _mm512_loadu_si512(table.data() + 64);
  const __m512i part2 = _mm512_loadu_si512(table.data() + 128);
  const __m512i part3 = _mm512_loadu_si512(table.data() + 192);
  std::int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    // Negative codes are the lower half of the table; seven bits index a half.
    const __m512i q = _mm512_loadu_si512(x + i);
    const __mmask64 negative = _mm512_movepi8_mask(q);
    const __m512i lower = _mm512_permutex2var_epi8(part0, q, part1);
    const __m512i upper = _mm512_permutex2var_epi8(part2, q, part3);
    _mm512_storeu_si512(y + i, _mm512_mask_blend_epi8(negative, upper, lower));
  }
  lookup(table, x + i, y + i, n - i);
}

OCTET_TARGET void quantize_avx512(const float* x, float scale, std::int32_t zero_point,
                                  std::int8_t* y, std::int64_t n) noexcept {
  const __m512 divisor = _mm512_set1_ps(scale);
  const __m512 least = _mm512_set1_ps(-512.0f), greatest = _mm512_set1_ps(512.0f);
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m512 v = _mm512_div_ps(_mm512_loadu_ps(x + i), divisor);
    const __m512 whole = _mm512_roundscale_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __m512 fraction = _mm512_sub_ps(v, whole);
    const __mmask16 up = _mm512_cmp_ps_mask(fraction, _mm512_set1_ps(0.5f), _CMP_GE_OQ);
    const __mmask16 down = _mm512_cmp_ps_mask(fraction, _mm512_set1_ps(-0.5f), _CMP_LE_OQ);
    __m512 steps = _mm512_mask_add_ps(whole, up, whole, _mm512_set1_ps(1.0f));
    steps = _mm512_mask_sub_ps(steps, down, steps, _mm512_set1_ps(1.0f));
    // max and min return their second operand for NaN.
    const __m512 bounded = _mm512_min_ps(_mm512_max_ps(steps, least), greatest);
    const __m512i code =
        _mm512_add_epi32(_mm512_cvttps_epi32(bounded), _mm512_set1_epi32(zero_point));
    store(y + i, {code}, {});
  }
  quantize(x + i, scale, zero_point, y + i, n - i);
}

OCTET_TARGET void max_pool_row_avx512(const PoolGeometry& g, ClampRange range, const std::int8_t* x,
                                      int out_y, std::int8_t* y) noexcept {
  constexpr int most = 64;
  const __m512i lo = _mm512_set1_epi8(static_cast<char>(range.lo));
  const __m512i hi = _mm512_set1_epi8(static_cast<char>(range.hi));
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (int c = 0; c < g.channels; c += most) {
      const int n = std::min(most, g.channels - c);
      const __mmask64 mask = ~std::uint64_t{0} >> (most - n);
      __m512i largest = _mm512_set1_epi8(-128);
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          largest = _mm512_max_epi8(largest, _mm512_maskz_loadu_epi8(mask, pixel));
        }
      }
      _mm512_mask_storeu_epi8(y + c, mask, _mm512_min_epi8(_mm512_max_epi8(largest, lo), hi));
    }
  }
}

}  // namespace octet::int8

#endif
