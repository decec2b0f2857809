// ADD, tables, QUANTIZE and pools with AVX-512.
#include "quant/int8/kernels/elementwise.h"

#if defined(__x86_64__)

// g++ 12's own intrinsics start from an undefined value (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <algorithm>

#define OCTET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define OCTET_AVX512_VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))

namespace octet::int8 {
namespace {

/// multiply_by_quantized_multiplier for multipliers with shift <= 0, sixteen lanes.
struct RightRescale {
  std::int32_t m;
  int right;  ///< -shift
  Rounding rounding;
};

OCTET_AVX512 inline __m512i rescale(__m512i x, RightRescale by) {
  const __m512i m = _mm512_set1_epi32(by.m);
  const bool single = by.rounding == Rounding::single_rounding;
  const int total = single ? 31 + by.right : 31;
  const __m512i half = _mm512_set1_epi64(std::int64_t{1} << (total - 1));
  const __m128i shift = _mm_cvtsi32_si128(total);
  const __m512i even = _mm512_sra_epi64(_mm512_add_epi64(_mm512_mul_epi32(x, m), half), shift);
  const __m512i odd = _mm512_sra_epi64(
      _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), m), half), shift);
  const __m512i rounded = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  if (single) return rounded;
  // Rounding divide by 2^right, ties away from zero.
  const auto mask_value = static_cast<std::int32_t>((std::int64_t{1} << by.right) - 1);
  const __m512i remainder = _mm512_and_si512(rounded, _mm512_set1_epi32(mask_value));
  const __m512i threshold =
      _mm512_sub_epi32(_mm512_set1_epi32(mask_value >> 1), _mm512_srai_epi32(rounded, 31));
  const __mmask16 up = _mm512_cmpgt_epi32_mask(remainder, threshold);
  const __m512i quotient = _mm512_sra_epi32(rounded, _mm_cvtsi32_si128(by.right));
  return _mm512_mask_add_epi32(quotient, up, quotient, _mm512_set1_epi32(1));
}

OCTET_AVX512 inline __m512i clamp(__m512i v, ClampRange range) {
  return _mm512_min_epi32(_mm512_max_epi32(v, _mm512_set1_epi32(range.lo)),
                          _mm512_set1_epi32(range.hi));
}

OCTET_AVX512 inline __m512i load_codes(const std::int8_t* p) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

OCTET_AVX512 inline void store_codes(std::int8_t* y, __m512i v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm512_cvtepi32_epi8(v));
}

RightRescale right_rescale(Multiplier m, Rounding rounding) noexcept {
  return {m.m, -m.shift, rounding};
}

}  // namespace

OCTET_AVX512 void add_avx512(const AddParams& p, const std::int8_t* a, const std::int8_t* b,
                             std::int8_t* y, std::int64_t n) noexcept {
  const RightRescale m1 = right_rescale(p.m1, p.rounding), m2 = right_rescale(p.m2, p.rounding),
                     mo = right_rescale(p.mo, p.rounding);
  const __m512i z1 = _mm512_set1_epi32(p.z1), z2 = _mm512_set1_epi32(p.z2),
                zo = _mm512_set1_epi32(p.zo);
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m512i va = _mm512_sub_epi32(load_codes(a + i), z1);
    const __m512i vb = _mm512_sub_epi32(load_codes(b + i), z2);
    const __m512i x = rescale(_mm512_slli_epi32(va, AddParams::left_shift), m1);
    const __m512i w = rescale(_mm512_slli_epi32(vb, AddParams::left_shift), m2);
    const __m512i sum = p.subtract ? _mm512_sub_epi32(x, w) : _mm512_add_epi32(x, w);
    store_codes(y + i, clamp(_mm512_add_epi32(rescale(sum, mo), zo), p.range));
  }
  add(p, a + i, b + i, y + i, n - i);
}

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

OCTET_AVX512 void quantize_avx512(const float* x, float scale, std::int32_t zero_point,
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
    store_codes(y + i, clamp(code, {}));
  }
  quantize(x + i, scale, zero_point, y + i, n - i);
}

namespace {

/// Rounded quotients |sum| / count by a 31-bit reciprocal, with the sum's sign.
/// Exact for |sum| <= 128 count and 128.5 count^2 < 2^31.
OCTET_AVX512 inline __m512i rounded_quotient(__m512i sum, std::int32_t count) {
  const auto reciprocal = static_cast<std::int32_t>(
      static_cast<std::uint32_t>(((std::int64_t{1} << 31) + count - 1) / count));
  const __m512i r = _mm512_set1_epi32(reciprocal);
  const __m512i n = _mm512_add_epi32(_mm512_abs_epi32(sum), _mm512_set1_epi32(count / 2));
  const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(n, r), 31);
  const __m512i odd = _mm512_slli_epi64(_mm512_mul_epu32(_mm512_srli_epi64(n, 32), r), 1);
  const __m512i quotient = _mm512_mask_blend_epi32(0xAAAA, even, odd);
  const __mmask16 negative = _mm512_cmplt_epi32_mask(sum, _mm512_setzero_si512());
  return _mm512_mask_sub_epi32(quotient, negative, _mm512_setzero_si512(), quotient);
}

}  // namespace

OCTET_AVX512 void average_pool_row_avx512(const PoolGeometry& g, ClampRange range,
                                          const std::int8_t* x, int out_y,
                                          std::int8_t* y) noexcept {
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
      __m512i sum = _mm512_setzero_si512();
      for (int iy = w.y0; iy < w.y1; ++iy) {
        const std::int8_t* pixel = x + (std::int64_t{iy} * g.in_w + w.x0) * g.channels + c;
        for (int ix = w.x0; ix < w.x1; ++ix, pixel += g.channels) {
          sum = _mm512_add_epi32(sum, load_codes(pixel));
        }
      }
      store_codes(y + c, clamp(rounded_quotient(sum, count), range));
    }
  }
}

OCTET_AVX512 void max_pool_row_avx512(const PoolGeometry& g, ClampRange range, const std::int8_t* x,
                                      int out_y, std::int8_t* y) noexcept {
  constexpr int block = 64;
  if (g.channels < block / 2) {
    max_pool_row_avx2(g, range, x, out_y, y);
    return;
  }
  const __m512i lo = _mm512_set1_epi8(static_cast<char>(range.lo));
  const __m512i hi = _mm512_set1_epi8(static_cast<char>(range.hi));
  for (int out_x = 0; out_x < g.out_w; ++out_x, y += g.channels) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (int c = 0; c < g.channels; c += block) {
      const int n = std::min(block, g.channels - c);
      const __mmask64 mask = ~std::uint64_t{0} >> (block - n);
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
