// The rounding modes on 16 values at once. Products and shifts are exact in 64-bit lanes: even and
// odd elements apart. For the AVX-512 kernels of training only.
#pragma once

#if defined(__x86_64__)
#include "base/simd/vec_avx512.h"

namespace octet::avx512 {

/// 64-bit values of the even and the odd elements.
struct Halves {
  Ints even, odd;
};
OCTET_TARGET_AVX512 OCTET_INLINE Halves halves(Ints v) {
  const Ints high = _mm512_srai_epi64(v, 32);
  return {_mm512_srai_epi64(_mm512_slli_epi64(v, 32), 32), high};
}
OCTET_TARGET_AVX512 OCTET_INLINE Ints merge(Ints even, Ints odd) {
  return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
}

/// ((v m + 2^(total - 1)) >> total) + addend, total = 31 - shift
struct SingleRounding {
  Halves m, half, total;
  Ints addend;
  OCTET_TARGET_AVX512 SingleRounding(Ints multiplier, Ints shift, Ints plus) : addend(plus) {
    m = halves(multiplier);
    total = halves(_mm512_sub_epi32(_mm512_set1_epi32(31), shift));
    half = {one_below(total.even), one_below(total.odd)};
  }
  OCTET_TARGET_AVX512 static Ints one_below(Ints n) {
    const Ints one = _mm512_set1_epi64(1);
    return _mm512_sllv_epi64(one, _mm512_sub_epi64(n, one));
  }
  OCTET_TARGET_AVX512 OCTET_INLINE Ints apply(Ints v) const {
    const Ints e = _mm512_add_epi64(_mm512_mul_epi32(v, m.even), half.even);
    const Ints o = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(v, 32), m.odd), half.odd);
    return add(merge(_mm512_srav_epi64(e, total.even), _mm512_srav_epi64(o, total.odd)), addend);
  }
};

/// rounding_divide_by_pot(srdhm(v << left, m), right) + addend: ties of the division go away from
/// zero.
struct DoubleRounding {
  Halves m, right, nudge;
  Ints left, addend;
  __mmask8 divides_even, divides_odd;
  OCTET_TARGET_AVX512 DoubleRounding(Ints multiplier, Ints shift, Ints plus) : addend(plus) {
    const Ints zero = _mm512_setzero_si512();
    m = halves(multiplier);
    left = _mm512_max_epi32(shift, zero);
    right = halves(_mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero));
    divides_even = _mm512_cmpneq_epi64_mask(right.even, zero);
    divides_odd = _mm512_cmpneq_epi64_mask(right.odd, zero);
    nudge = {_mm512_maskz_mov_epi64(divides_even, SingleRounding::one_below(right.even)),
             _mm512_maskz_mov_epi64(divides_odd, SingleRounding::one_below(right.odd))};
  }
  OCTET_TARGET_AVX512 OCTET_INLINE static Ints half(Ints x, Ints by, Ints shift, Ints add,
                                                    __mmask8 divides) {
    const Ints s = _mm512_srai_epi64(
        _mm512_add_epi64(_mm512_mul_epi32(x, by), _mm512_set1_epi64(std::int64_t{1} << 30)), 31);
    const Ints negative = _mm512_maskz_srai_epi64(divides, s, 63);
    return _mm512_srav_epi64(_mm512_add_epi64(_mm512_add_epi64(s, add), negative), shift);
  }
  OCTET_TARGET_AVX512 OCTET_INLINE Ints apply(Ints v) const {
    const Ints x = _mm512_sllv_epi32(v, left);
    const Ints even = half(x, m.even, right.even, nudge.even, divides_even);
    const Ints odd = half(_mm512_srli_epi64(x, 32), m.odd, right.odd, nudge.odd, divides_odd);
    return add(merge(even, odd), addend);
  }
};

/// scale_in_float(v, factor) + addend
struct FloatRounding {
  Floats factor;
  Ints addend;
  OCTET_TARGET_AVX512 FloatRounding(Floats by, Ints plus) : factor(by), addend(plus) {}
  OCTET_TARGET_AVX512 OCTET_INLINE Ints apply(Ints v) const {
    const Floats real = _mm512_min_ps(mul(_mm512_cvtepi32_ps(v), factor), broadcast(32767.0f));
    return add(_mm512_cvtps_epi32(_mm512_max_ps(real, broadcast(-32767.0f))), addend);
  }
};

}  // namespace octet::avx512
#endif
