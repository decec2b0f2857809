// Requantizing 16 accumulators at once.
#include "quant/qops/requantize_kernel.h"

#if defined(__x86_64__)
#include <algorithm>

#include "quant/qops/rounding_avx512.h"

namespace octet::quant {

namespace {

constexpr std::int64_t lanes = 16;

// Column by column of 16, so that the constants stay in registers.
template <class Rounding>
OCTET_INLINE OCTET_TARGET_AVX512 void run(const RequantizeSpan& s) {
  const __m512i zero_point = _mm512_set1_epi32(s.zero_point);
  const __m512i lo = _mm512_set1_epi32(s.lo), hi = _mm512_set1_epi32(s.hi);
  const __m512i mask_lo = _mm512_set1_epi32(s.mask_lo);
  for (std::int64_t at = 0; at < std::min(s.width, s.n); at += lanes) {
    const Rounding by(_mm512_loadu_si512(s.multiplier + at), _mm512_loadu_si512(s.shift + at));
    const __m512i bias = _mm512_loadu_si512(s.bias + at);
    const __m512i sign = s.sign ? _mm512_loadu_si512(s.sign + at) : _mm512_set1_epi32(1);
    __m512i min = s.min ? _mm512_loadu_si512(s.min + at) : bias;
    __m512i max = s.max ? _mm512_loadu_si512(s.max + at) : bias;
    for (std::int64_t i = at; i < s.n; i += s.width) {
      const std::int64_t left = s.n - i;
      const auto valid = static_cast<__mmask16>(left >= lanes ? 0xffff : (1u << left) - 1);
      __m512i v = _mm512_maskz_loadu_epi32(valid, s.acc + i);
      if (s.sign) v = _mm512_mullo_epi32(v, sign);
      v = _mm512_add_epi32(v, bias);
      min = _mm512_mask_min_epi32(min, valid, min, v);
      max = _mm512_mask_max_epi32(max, valid, max, v);
      const __m512i p = _mm512_add_epi32(by.apply(v), zero_point);
      const __m512i code = _mm512_min_epi32(_mm512_max_epi32(p, lo), hi);
      _mm512_mask_cvtepi32_storeu_epi8(s.codes + i, valid, code);
      if (!s.mask) continue;
      const auto pass = static_cast<std::uint16_t>(
          _mm512_mask_cmple_epi32_mask(_mm512_mask_cmpge_epi32_mask(valid, p, mask_lo), p, hi));
      __builtin_memcpy(s.mask + i / 8, &pass, left > 8 ? 2 : 1);
    }
    if (s.min) {
      _mm512_storeu_si512(s.min + at, min);
      _mm512_storeu_si512(s.max + at, max);
    }
  }
}

}  // namespace

OCTET_TARGET_AVX512 void requantize_single_avx512(const RequantizeSpan& s) noexcept {
  run<SingleRounding>(s);
}
OCTET_TARGET_AVX512 void requantize_double_avx512(const RequantizeSpan& s) noexcept {
  run<DoubleRounding>(s);
}

}  // namespace octet::quant
#endif
