// ADD, tables, QUANTIZE and pools with AVX2.
#include "quant/int8/kernels/elementwise.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>

#define OCTET_AVX2 __attribute__((target("avx2")))

namespace octet::int8 {
namespace {

/// The 32-bit lanes of two results for even and odd lanes that stand `shift` bits up in 64.
OCTET_AVX2 inline __m256i join_shifted_31(__m256i even, __m256i odd) {
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
}

/// multiply_by_quantized_multiplier for multipliers with shift <= 0, eight lanes.
struct RightRescale {
  std::int32_t m;
  int right;  ///< -shift
  Rounding rounding;
};

OCTET_AVX2 inline __m256i rescale(__m256i x, RightRescale by) {
  const __m256i m = _mm256_set1_epi32(by.m);
  const bool single = by.rounding == Rounding::single_rounding;
  const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << (single ? 30 + by.right : 30));
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, m), half);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), m), half);
  if (single && by.right > 0) {
    // Bits 32 and up, shifted further: the sign comes with them.
    const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    return _mm256_sra_epi32(high, _mm_cvtsi32_si128(by.right - 1));
  }
  const __m256i rounded = join_shifted_31(even, odd);
  if (single) return rounded;
  // Rounding divide by 2^right, ties away from zero.
  const auto mask_value = static_cast<std::int32_t>((std::int64_t{1} << by.right) - 1);
  const __m256i mask = _mm256_set1_epi32(mask_value);
  const __m256i remainder = _mm256_and_si256(rounded, mask);
  const __m256i threshold =
      _mm256_sub_epi32(_mm256_set1_epi32(mask_value >> 1), _mm256_srai_epi32(rounded, 31));
  const __m256i up = _mm256_cmpgt_epi32(remainder, threshold);
  return _mm256_sub_epi32(_mm256_sra_epi32(rounded, _mm_cvtsi32_si128(by.right)), up);
}

OCTET_AVX2 inline __m256i clamp(__m256i v, ClampRange range) {
  return _mm256_min_epi32(_mm256_max_epi32(v, _mm256_set1_epi32(range.lo)),
                          _mm256_set1_epi32(range.hi));
}

/// Sixteen values within int8 to memory, in order.
OCTET_AVX2 inline void store_codes(std::int8_t* y, __m256i low, __m256i high) {
  const __m256i words =
      _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), _MM_SHUFFLE(3, 1, 2, 0));
  _mm_storeu_si128(
      reinterpret_cast<__m128i*>(y),
      _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

OCTET_AVX2 inline __m128i load16(const std::int8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

RightRescale right_rescale(Multiplier m, Rounding rounding) noexcept {
  return {m.m, -m.shift, rounding};
}

}  // namespace

OCTET_AVX2 void add_avx2(const AddParams& p, const std::int8_t* a, const std::int8_t* b,
                         std::int8_t* y, std::int64_t n) noexcept {
  const RightRescale m1 = right_rescale(p.m1, p.rounding), m2 = right_rescale(p.m2, p.rounding),
                     mo = right_rescale(p.mo, p.rounding);
  const __m256i z1 = _mm256_set1_epi32(p.z1), z2 = _mm256_set1_epi32(p.z2),
                zo = _mm256_set1_epi32(p.zo);
  const auto eight = [&](__m128i qa, __m128i qb) OCTET_AVX2 {
    const __m256i va = _mm256_sub_epi32(_mm256_cvtepi8_epi32(qa), z1);
    const __m256i vb = _mm256_sub_epi32(_mm256_cvtepi8_epi32(qb), z2);
    const __m256i x = rescale(_mm256_slli_epi32(va, AddParams::left_shift), m1);
    const __m256i w = rescale(_mm256_slli_epi32(vb, AddParams::left_shift), m2);
    const __m256i sum = p.subtract ? _mm256_sub_epi32(x, w) : _mm256_add_epi32(x, w);
    return clamp(_mm256_add_epi32(rescale(sum, mo), zo), p.range);
  };
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m128i qa = load16(a + i), qb = load16(b + i);
    const __m256i low = eight(qa, qb);
    const __m256i high = eight(_mm_srli_si128(qa, 8), _mm_srli_si128(qb, 8));
    store_codes(y + i, low, high);
  }
  add(p, a + i, b + i, y + i, n - i);
}

OCTET_AVX2 void lookup_avx2(const Table& table, const std::int8_t* x, std::int8_t* y,
                            std::int64_t n) noexcept {
  const __m256i flip = _mm256_set1_epi8(-128), in_range = _mm256_set1_epi8(0x70);
  std::int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i index =
        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i)), flip);
    __m256i result = _mm256_setzero_si256();
    for (int k = 0; k < 16; ++k) {
      // Index 0..15 selects from this part; others saturate to a set top bit, which selects 0.
      const __m256i part = _mm256_broadcastsi128_si256(load16(table.data() + 16 * k));
      result =
          _mm256_or_si256(result, _mm256_shuffle_epi8(part, _mm256_adds_epu8(index, in_range)));
      index = _mm256_sub_epi8(index, _mm256_set1_epi8(16));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), result);
  }
  lookup(table, x + i, y + i, n - i);
}

OCTET_AVX2 void quantize_avx2(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
                              std::int64_t n) noexcept {
  const __m256 divisor = _mm256_set1_ps(scale), sign = _mm256_set1_ps(-0.0f);
  const __m256 least = _mm256_set1_ps(-512.0f), greatest = _mm256_set1_ps(512.0f);
  const auto eight = [&](const float* from) OCTET_AVX2 {
    const __m256 v = _mm256_div_ps(_mm256_loadu_ps(from), divisor);
    const __m256 whole = _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
    const __m256 fraction = _mm256_andnot_ps(sign, _mm256_sub_ps(v, whole));
    const __m256 away = _mm256_and_ps(_mm256_cmp_ps(fraction, _mm256_set1_ps(0.5f), _CMP_GE_OQ),
                                      _mm256_or_ps(_mm256_and_ps(v, sign), _mm256_set1_ps(1.0f)));
    const __m256 steps = _mm256_add_ps(whole, away);
    // max and min return their second operand for NaN.
    const __m256 bounded = _mm256_min_ps(_mm256_max_ps(steps, least), greatest);
    return clamp(_mm256_add_epi32(_mm256_cvttps_epi32(bounded), _mm256_set1_epi32(zero_point)), {});
  };
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) store_codes(y + i, eight(x + i), eight(x + i + 8));
  quantize(x + i, scale, zero_point, y + i, n - i);
}

namespace {

/// Rounded quotients |sum| / count by a 31-bit reciprocal, with the sum's sign.
/// Exact for |sum| <= 128 count and 128.5 count^2 < 2^31.
OCTET_AVX2 inline __m256i rounded_quotient(__m256i sum, std::int32_t count) {
  const auto reciprocal = static_cast<std::int32_t>(
      static_cast<std::uint32_t>(((std::int64_t{1} << 31) + count - 1) / count));
  const __m256i r = _mm256_set1_epi32(reciprocal);
  const __m256i n = _mm256_add_epi32(_mm256_abs_epi32(sum), _mm256_set1_epi32(count / 2));
  const __m256i quotient =
      join_shifted_31(_mm256_mul_epu32(n, r), _mm256_mul_epu32(_mm256_srli_epi64(n, 32), r));
  return _mm256_sign_epi32(quotient, sum);
}

}  // namespace

OCTET_AVX2 void average_pool_row_avx2(const PoolGeometry& g, ClampRange range, const std::int8_t* x,
                                      int out_y, std::int8_t* y) noexcept {
  constexpr int block = 16;
  if (g.channels < block || std::int64_t{g.filter_h} * g.filter_w > 4000) {
    average_pool_row(g, range, x, out_y, y);
    return;
  }
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    const std::int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
    for (int at = 0; at < g.channels; at += block) {
      const int c = std::min(at, g.channels - block);  // the last block may overlap
      __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          const __m128i q = load16(pixel);
          low = _mm256_add_epi32(low, _mm256_cvtepi8_epi32(q));
          high = _mm256_add_epi32(high, _mm256_cvtepi8_epi32(_mm_srli_si128(q, 8)));
        }
      }
      store_codes(y + c, clamp(rounded_quotient(low, count), range),
                  clamp(rounded_quotient(high, count), range));
    }
  }
}

OCTET_AVX2 void max_pool_row_avx2(const PoolGeometry& g, ClampRange range, const std::int8_t* x,
                                  int out_y, std::int8_t* y) noexcept {
  constexpr int block = 16;
  if (g.channels < block) {
    max_pool_row(g, range, x, out_y, y);
    return;
  }
  const __m128i lo = _mm_set1_epi8(static_cast<char>(range.lo));
  const __m128i hi = _mm_set1_epi8(static_cast<char>(range.hi));
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (int at = 0; at < g.channels; at += block) {
      const int c = std::min(at, g.channels - block);
      __m128i largest = _mm_set1_epi8(-128);
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          largest = _mm_max_epi8(largest, load16(pixel));
        }
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + c),
                       _mm_min_epi8(_mm_max_epi8(largest, lo), hi));
    }
  }
}

}  // namespace octet::int8

#endif
