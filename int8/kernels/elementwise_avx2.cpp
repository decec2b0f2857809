// Kernels of the ops without weights for AVX2: the primitives of elementwise.inc, and what is
// written for this ISA alone.
#include "int8/kernels/elementwise.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define OCTET_TARGET __attribute__((target("avx2")))
#define OCTET_PRIMITIVE OCTET_TARGET inline __attribute__((always_inline))
#define OCTET_NAME(op) op##_avx2

#include "int8/kernels/words_x86.inc"

namespace octet::int8 {
namespace {

/// 16 values of 32 bits, in order.
struct Lanes {
  __m256i low, high;
};

OCTET_PRIMITIVE Lanes load(const std::int8_t* p) {
  const __m128i q = bytes16(p);
  return {_mm256_cvtepi8_epi32(q), _mm256_cvtepi8_epi32(_mm_srli_si128(q, 8))};
}
OCTET_PRIMITIVE void store(std::int8_t* y, Lanes v, ClampRange range) {
  const __m256i words =
      _mm256_permute4x64_epi64(_mm256_packs_epi32(v.low, v.high), _MM_SHUFFLE(3, 1, 2, 0));
  const __m128i codes =
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  const __m128i lo = _mm_set1_epi8(static_cast<char>(range.lo));
  const __m128i hi = _mm_set1_epi8(static_cast<char>(range.hi));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm_min_epi8(_mm_max_epi8(codes, lo), hi));
}
OCTET_PRIMITIVE Lanes load32(const std::int32_t* p) {
  const auto* from = reinterpret_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(from), _mm256_loadu_si256(from + 1)};
}
OCTET_PRIMITIVE void store32(std::int32_t* p, Lanes v) {
  auto* to = reinterpret_cast<__m256i*>(p);
  _mm256_storeu_si256(to, v.low);
  _mm256_storeu_si256(to + 1, v.high);
}
OCTET_PRIMITIVE Lanes splat(std::int32_t v) {
  return {_mm256_set1_epi32(v), _mm256_set1_epi32(v)};
}
OCTET_PRIMITIVE Lanes operator+(Lanes a, Lanes b) {
  return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
OCTET_PRIMITIVE Lanes operator-(Lanes a, Lanes b) {
  return {_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
}
OCTET_PRIMITIVE Lanes operator*(Lanes a, Lanes b) {
  return {_mm256_mullo_epi32(a.low, b.low), _mm256_mullo_epi32(a.high, b.high)};
}
OCTET_PRIMITIVE Lanes operator&(Lanes a, Lanes b) {
  return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
}
OCTET_PRIMITIVE bool any_negative(Lanes v) {
  return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_or_si256(v.low, v.high))) != 0;
}
OCTET_PRIMITIVE Lanes shifted_left(Lanes v, int by) {
  return {_mm256_slli_epi32(v.low, by), _mm256_slli_epi32(v.high, by)};
}
OCTET_PRIMITIVE Lanes shifted_right(Lanes v, int by) {
  return {_mm256_srai_epi32(v.low, by), _mm256_srai_epi32(v.high, by)};
}
OCTET_PRIMITIVE __m256i blend_by_sign(__m256i test, __m256i negative, __m256i other) {
  return _mm256_castps_si256(_mm256_blendv_ps(
      _mm256_castsi256_ps(other), _mm256_castsi256_ps(negative), _mm256_castsi256_ps(test)));
}
OCTET_PRIMITIVE Lanes where_negative(Lanes test, Lanes negative, Lanes other) {
  return {blend_by_sign(test.low, negative.low, other.low),
          blend_by_sign(test.high, negative.high, other.high)};
}

OCTET_PRIMITIVE Lanes widened(Words v) {
  return {_mm256_cvtepi16_epi32(_mm256_castsi256_si128(v)),
          _mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1))};
}

/// The 32-bit lanes of two results for even and odd lanes that stand `total` <= 32 bits up in 64.
OCTET_PRIMITIVE __m256i join(__m256i even, __m256i odd, int total) {
  return _mm256_blend_epi32(_mm256_srl_epi64(even, _mm_cvtsi32_si128(total)),
                            _mm256_sll_epi64(odd, _mm_cvtsi32_si128(32 - total)), 0xAA);
}

template <Rounding rounding>
OCTET_PRIMITIVE __m256i rescale_eight(__m256i x, Multiplier by) {
  constexpr bool single = rounding == Rounding::single_rounding;
  const int left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  const int total = single ? 31 - by.shift : 31;
  if (!single && left > 0) x = _mm256_sll_epi32(x, _mm_cvtsi32_si128(left));
  const __m256i m = _mm256_set1_epi32(by.m);
  const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << (total - 1));
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, m), half);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), m), half);
  if (single && total > 32) {
    // Bits 32 and up, shifted further: the sign comes with them.
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    return _mm256_sra_epi32(high, _mm_cvtsi32_si128(total - 32));
  }
  const __m256i rounded = join(even, odd, total);
  if (single) return rounded;
  // Rounding divide by 2^right, ties away from zero.
  const auto mask_value = static_cast<std::int32_t>((std::int64_t{1} << right) - 1);
  const __m256i remainder = _mm256_and_si256(rounded, _mm256_set1_epi32(mask_value));
  const __m256i threshold =
      _mm256_sub_epi32(_mm256_set1_epi32(mask_value >> 1), _mm256_srai_epi32(rounded, 31));
  const __m256i up = _mm256_cmpgt_epi32(remainder, threshold);
  return _mm256_sub_epi32(_mm256_sra_epi32(rounded, _mm_cvtsi32_si128(right)), up);
}

/// multiply_by_quantized_multiplier
template <Rounding rounding>
OCTET_PRIMITIVE Lanes rescale(Lanes x, Multiplier by) {
  return {rescale_eight<rounding>(x.low, by), rescale_eight<rounding>(x.high, by)};
}

OCTET_PRIMITIVE __m256i quotient_eight(__m256i sum, __m256i half_count, __m256i reciprocal) {
  const __m256i n = _mm256_add_epi32(_mm256_abs_epi32(sum), half_count);
  const __m256i magnitude = join(_mm256_mul_epu32(n, reciprocal),
                                 _mm256_mul_epu32(_mm256_srli_epi64(n, 32), reciprocal), 31);
  return _mm256_sign_epi32(magnitude, sum);
}

/// sum / count, rounded half away from zero, by a 31-bit reciprocal: |sum| + count / 2 over count.
/// Exact for |sum| <= 128 count and count <= largest_quotient_count.
OCTET_PRIMITIVE Lanes quotient(Lanes sum, std::int32_t count) {
  const __m256i reciprocal = _mm256_set1_epi32(static_cast<std::int32_t>(
      static_cast<std::uint32_t>(((std::int64_t{1} << 31) + count - 1) / count)));
  const __m256i half_count = _mm256_set1_epi32(count / 2);
  return {quotient_eight(sum.low, half_count, reciprocal),
          quotient_eight(sum.high, half_count, reciprocal)};
}

}  // namespace
}  // namespace octet::int8

#include "int8/kernels/elementwise.inc"
#include "int8/kernels/reductions.inc"

namespace octet::int8 {

OCTET_TARGET void lookup_avx2(const Table& table, const std::int8_t* x, std::int8_t* y,
                              std::int64_t n) noexcept {
  const __m256i flip = _mm256_set1_epi8(-128), in_range = _mm256_set1_epi8(0x70);
  std::int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i index =
        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i)), flip);
    __m256i result = _mm256_setzero_si256();
    for (int k = 0; k < 16; ++k) {
      // Index 0..15 selects from this part; others saturate to a set top bit, which selects 0.
      const __m256i part = _mm256_broadcastsi128_si256(bytes16(table.data() + 16 * k));
      result =
          _mm256_or_si256(result, _mm256_shuffle_epi8(part, _mm256_adds_epu8(index, in_range)));
      index = _mm256_sub_epi8(index, _mm256_set1_epi8(16));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), result);
  }
  lookup(table, x + i, y + i, n - i);
}

OCTET_TARGET void quantize_avx2(const float* x, float scale, std::int32_t zero_point,
                                std::int8_t* y, std::int64_t n) noexcept {
  const __m256 divisor = _mm256_set1_ps(scale), sign = _mm256_set1_ps(-0.0f);
  const __m256 least = _mm256_set1_ps(-512.0f), greatest = _mm256_set1_ps(512.0f);
  const auto eight = [&](const float* from) OCTET_TARGET {
    const __m256 v = _mm256_div_ps(_mm256_loadu_ps(from), divisor);
    const __m256 whole = _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __m256 fraction = _mm256_andnot_ps(sign, _mm256_sub_ps(v, whole));
    const __m256 away = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(0.5f), _CMP_GE_OQ),
                                      _mm256_or_ps(_mm256_and_ps(v, sign), _mm256_set1_ps(1.0f)));
    const __m256 steps = _mm256_add_ps(whole, away);
    // max and min return their second operand for NaN.
    const __m256 bounded = _mm256_min_ps(_mm256_max_ps(steps, least), greatest);
    return _mm256_add_epi32(_mm256_cvttps_epi32(bounded), _mm256_set1_epi32(zero_point));
  };
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) store(y + i, {eight(x + i), eight(x + i + 8)}, {});
  quantize(x + i, scale, zero_point, y + i, n - i);
}

OCTET_TARGET void max_pool_row_avx2(const PoolGeometry& g, ClampRange range, const std::int8_t* x,
                                    int out_y, std::int8_t* y) noexcept {
  if (g.channels < block) {
    max_pool_row(g, range, x, out_y, y);
    return;
  }
  const __m128i lo = _mm_set1_epi8(static_cast<char>(range.lo));
  const __m128i hi = _mm_set1_epi8(static_cast<char>(range.hi));
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (std::int64_t at = 0; at < g.channels; at += block) {
      const std::int64_t c = std::min(at, g.channels - block);
      __m128i largest = _mm_set1_epi8(-128);
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          largest = _mm_max_epi8(largest, bytes16(pixel));
        }
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + c),
                       _mm_min_epi8(_mm_max_epi8(largest, lo), hi));
    }
  }
}

}  // namespace octet::int8

#endif
