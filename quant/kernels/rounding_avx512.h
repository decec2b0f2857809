// The rounding modes on 16 values at once. Products and shifts are exact in 64-bit lanes: even and
// odd elements apart. For the AVX-512 kernels of training only.
#pragma once

#if defined(__x86_64__)
#include "quant/kernels/lanes_avx512.h"

namespace octet::quant::avx512 {

/// 64-bit values of the even and the odd elements.
struct Halves {
  __m512i even, odd;
};
OCTET_INLINE OCTET_LANES_TARGET Halves widen(__m512i v) {
  const __m512i high = _mm512_srai_epi64(v, 32);
  return {_mm512_srai_epi64(_mm512_slli_epi64(v, 32), 32), high};
}
OCTET_INLINE OCTET_LANES_TARGET __m512i merge(__m512i even, __m512i odd) {
  return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

/// ((v m + 2^(total - 1)) >> total) + addend, total = 31 - shift
struct SingleRounding {
  Halves m, half, total;
  __m512i addend;
  OCTET_LANES_TARGET SingleRounding(__m512i multiplier, __m512i shift, __m512i plus)
      : addend(plus) {
    m = widen(multiplier);
    total = widen(_mm512_sub_epi32(_mm512_set1_epi32(31), shift));
    half = {one_below(total.even), one_below(total.odd)};
  }
  OCTET_LANES_TARGET static __m512i one_below(__m512i n) {
    const __m512i one = _mm512_set1_epi64(1);
    return _mm512_sllv_epi64(one, _mm512_sub_epi64(n, one));
  }
  OCTET_INLINE OCTET_LANES_TARGET __m512i apply(__m512i v) const {
    const __m512i e = _mm512_add_epi64(_mm512_mul_epi32(v, m.even), half.even);
    const __m512i o = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(v, 32), m.odd), half.odd);
    return add(merge(_mm512_srav_epi64(e, total.even), _mm512_srav_epi64(o, total.odd)), addend);
  }
};

/// rounding_divide_by_pot(srdhm(v << left, m), right) + addend: ties of the division go away from
/// zero.
struct DoubleRounding {
  Halves m, right, nudge;
  __m512i left, addend;
  __mmask8 divides_even, divides_odd;
  OCTET_LANES_TARGET DoubleRounding(__m512i multiplier, __m512i shift, __m512i plus)
      : addend(plus) {
    const __m512i zero = _mm512_setzero_si512();
    m = widen(multiplier);
    left = _mm512_max_epi32(shift, zero);
    right = widen(_mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero));
    divides_even = _mm512_cmpneq_epi64_mask(right.even, zero);
    divides_odd = _mm512_cmpneq_epi64_mask(right.odd, zero);
    nudge = {_mm512_maskz_mov_epi64(divides_even, SingleRounding::one_below(right.even)),
             _mm512_maskz_mov_epi64(divides_odd, SingleRounding::one_below(right.odd))};
  }
  OCTET_INLINE OCTET_LANES_TARGET static __m512i half(__m512i x, __m512i by, __m512i shift,
                                                      __m512i add, __mmask8 divides) {
    const __m512i s = _mm512_srai_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(x, by), _mm512_set1_epi64(std::int64_t{1} << 30)), 31);
    const __m512i negative = _mm512_maskz_srai_epi64(divides, s, 63);
    return _mm512_srav_epi64(_mm512_add_epi64(_mm512_add_epi64(s, add), negative), shift);
  }
  OCTET_INLINE OCTET_LANES_TARGET __m512i apply(__m512i v) const {
    const __m512i x = _mm512_sllv_epi32(v, left);
    const __m512i even = half(x, m.even, right.even, nudge.even, divides_even);
    const __m512i odd = half(_mm512_srli_epi64(x, 32), m.odd, right.odd, nudge.odd, divides_odd);
    return add(merge(even, odd), addend);
  }
};

}  // namespace octet::quant::avx512
#endif
