// The rounding modes on 8 values at once, exactly as on one. Products are exact in 64-bit lanes:
// even and odd elements apart.
#pragma once

#if defined(__x86_64__)
#include "base/simd/vec_avx2.h"

namespace octet::avx2 {

/// Unsigned 64-bit values of the even and the odd elements.
struct Halves {
  Ints even, odd;
};
OCTET_TARGET_AVX2 OCTET_INLINE Ints odd_elements(Ints v) {
  return _mm256_srli_epi64(v, 32);
}
OCTET_TARGET_AVX2 OCTET_INLINE Halves halves(Ints v) {
  return {_mm256_blend_epi32(v, _mm256_setzero_si256(), 0xaa), odd_elements(v)};
}
/// The low halves of both.
OCTET_TARGET_AVX2 OCTET_INLINE Ints merge(Ints even, Ints odd) {
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

/// ((v m + 2^(total - 1)) >> total) + addend, total = 31 - shift. There is no arithmetic shift of
/// 64 bits: 2^62 makes the sum positive, and 2^62 >> total goes off again with the addend.
struct SingleRounding {
  Halves m, half, total;
  Ints addend;
  OCTET_TARGET_AVX2 SingleRounding(Ints multiplier, Ints shift, Ints plus) {
    m = halves(multiplier);
    total = halves(sub(broadcast(31), shift));
    half = {rounding(total.even), rounding(total.odd)};
    const Ints lift = _mm256_set1_epi64x(std::int64_t{1} << 62);
    addend =
        sub(plus, merge(_mm256_srlv_epi64(lift, total.even), _mm256_srlv_epi64(lift, total.odd)));
  }
  OCTET_TARGET_AVX2 static Ints rounding(Ints total) {
    const Ints one = _mm256_set1_epi64x(1);
    return _mm256_add_epi64(_mm256_sllv_epi64(one, _mm256_sub_epi64(total, one)),
                            _mm256_set1_epi64x(std::int64_t{1} << 62));
  }
  OCTET_TARGET_AVX2 OCTET_INLINE Ints apply(Ints v) const {
    const Ints even = _mm256_add_epi64(_mm256_mul_epi32(v, m.even), half.even);
    const Ints odd = _mm256_add_epi64(_mm256_mul_epi32(odd_elements(v), m.odd), half.odd);
    return add(merge(_mm256_srlv_epi64(even, total.even), _mm256_srlv_epi64(odd, total.odd)),
               addend);
  }
};

/// rounding_divide_by_pot(srdhm(v << left, m), right) + addend
struct DoubleRounding {
  Halves m;
  Ints left, right, mask, threshold, addend;
  OCTET_TARGET_AVX2 DoubleRounding(Ints multiplier, Ints shift, Ints plus) {
    const Ints zero = broadcast(0), one = broadcast(1);
    m = halves(multiplier);
    left = _mm256_max_epi32(shift, zero);
    right = _mm256_max_epi32(sub(zero, shift), zero);
    mask = sub(_mm256_sllv_epi32(one, right), one);
    threshold = _mm256_srli_epi32(mask, 1);
    addend = plus;
  }
  OCTET_TARGET_AVX2 OCTET_INLINE Ints apply(Ints v) const {
    const Ints half = _mm256_set1_epi64x(std::int64_t{1} << 30);
    const Ints x = _mm256_sllv_epi32(v, left);
    const Ints even = _mm256_add_epi64(_mm256_mul_epi32(x, m.even), half);
    const Ints odd = _mm256_add_epi64(_mm256_mul_epi32(odd_elements(x), m.odd), half);
    // Bits 31 to 62 of both.
    const Ints s = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
    const Ints negative = _mm256_srai_epi32(s, 31);
    const Ints up = _mm256_cmpgt_epi32(_mm256_and_si256(s, mask), sub(threshold, negative));
    return add(sub(_mm256_srav_epi32(s, right), up), addend);
  }
};

/// scale_in_float(v, factor) + addend
struct FloatRounding {
  Floats factor;
  Ints addend;
  OCTET_TARGET_AVX2 FloatRounding(Floats by, Ints plus) : factor(by), addend(plus) {}
  OCTET_TARGET_AVX2 OCTET_INLINE Ints apply(Ints v) const {
    const Floats real = _mm256_min_ps(mul(_mm256_cvtepi32_ps(v), factor), broadcast(32767.0f));
    return add(_mm256_cvtps_epi32(_mm256_max_ps(real, broadcast(-32767.0f))), addend);
  }
};

}  // namespace octet::avx2
#endif
