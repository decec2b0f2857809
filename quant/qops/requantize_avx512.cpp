// Requantizing 16 accumulators at once. Products and shifts are exact in 64-bit lanes: even and
// odd elements apart.
#include "quant/qops/requantize_kernel.h"

#if defined(__x86_64__)
// GCC 12 warns of the undefined operands in its own header.
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>

#include "core/simd.h"

namespace octet::quant {

namespace {

constexpr std::int64_t lanes = 16;

struct Halves {
  __m512i even, odd;
};
OCTET_INLINE OCTET_TARGET_AVX512 Halves widen(__m512i v) {
  const __m512i high = _mm512_srai_epi64(v, 32);
  return {_mm512_srai_epi64(_mm512_slli_epi64(v, 32), 32), high};
}
OCTET_INLINE OCTET_TARGET_AVX512 __m512i merge(__m512i even, __m512i odd) {
  return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

// (v m + 2^(total - 1)) >> total, total = 31 - shift
struct Single {
  Halves m, half, total;
  OCTET_TARGET_AVX512 Single(__m512i multiplier, __m512i shift) {
    m = widen(multiplier);
    total = widen(_mm512_sub_epi32(_mm512_set1_epi32(31), shift));
    half = {one_below(total.even), one_below(total.odd)};
  }
  OCTET_TARGET_AVX512 static __m512i one_below(__m512i n) {
    const __m512i one = _mm512_set1_epi64(1);
    return _mm512_sllv_epi64(one, _mm512_sub_epi64(n, one));
  }
  OCTET_INLINE OCTET_TARGET_AVX512 __m512i apply(__m512i v) const {
    const __m512i e = _mm512_add_epi64(_mm512_mul_epi32(v, m.even), half.even);
    const __m512i o = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(v, 32), m.odd), half.odd);
    return merge(_mm512_srav_epi64(e, total.even), _mm512_srav_epi64(o, total.odd));
  }
};

// rounding_divide_by_pot(srdhm(v << left, m), right): ties of the division go away from zero.
struct Double {
  Halves m, right, nudge;
  __m512i left;
  __mmask8 divides_even, divides_odd;
  OCTET_TARGET_AVX512 Double(__m512i multiplier, __m512i shift) {
    const __m512i zero = _mm512_setzero_si512();
    m = widen(multiplier);
    left = _mm512_max_epi32(shift, zero);
    right = widen(_mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero));
    divides_even = _mm512_cmpneq_epi64_mask(right.even, zero);
    divides_odd = _mm512_cmpneq_epi64_mask(right.odd, zero);
    nudge = {_mm512_maskz_mov_epi64(divides_even, Single::one_below(right.even)),
             _mm512_maskz_mov_epi64(divides_odd, Single::one_below(right.odd))};
  }
  OCTET_INLINE OCTET_TARGET_AVX512 static __m512i half(__m512i x, __m512i by, __m512i shift,
                                                       __m512i add, __mmask8 divides) {
    const __m512i s = _mm512_srai_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(x, by), _mm512_set1_epi64(std::int64_t{1} << 30)), 31);
    const __m512i negative = _mm512_maskz_srai_epi64(divides, s, 63);
    return _mm512_srav_epi64(_mm512_add_epi64(_mm512_add_epi64(s, add), negative), shift);
  }
  OCTET_INLINE OCTET_TARGET_AVX512 __m512i apply(__m512i v) const {
    const __m512i x = _mm512_sllv_epi32(v, left);
    return merge(half(x, m.even, right.even, nudge.even, divides_even),
                 half(_mm512_srli_epi64(x, 32), m.odd, right.odd, nudge.odd, divides_odd));
  }
};

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
  run<Single>(s);
}
OCTET_TARGET_AVX512 void requantize_double_avx512(const RequantizeSpan& s) noexcept {
  run<Double>(s);
}

}  // namespace octet::quant
#endif
