// The rounding modes on 8 values at once, exactly as on one.
#pragma once

#if defined(__aarch64__)
#include "base/simd/vec_neon.h"

namespace octet::neon {

/// ((v m + 2^(total - 1)) >> total) + addend, total = 31 - shift: products of 64 bits and a
/// rounding shift.
struct SingleRounding {
  Ints m, right, addend;  // right: -total
  SingleRounding(Ints multiplier, Ints shift, Ints plus)
      : m(multiplier), right(sub(shift, broadcast(std::int32_t{31}))), addend(plus) {}
  OCTET_INLINE static int32x4_t half(int32x4_t v, int32x4_t by, int32x4_t right) {
    const int64x2_t low = vmull_s32(vget_low_s32(v), vget_low_s32(by));
    const int64x2_t high = vmull_high_s32(v, by);
    const int32x2_t shifted = vmovn_s64(vrshlq_s64(low, vmovl_s32(vget_low_s32(right))));
    return vmovn_high_s64(shifted, vrshlq_s64(high, vmovl_high_s32(right)));
  }
  OCTET_INLINE Ints apply(Ints v) const {
    return add({half(v.lo, m.lo, right.lo), half(v.hi, m.hi, right.hi)}, addend);
  }
};

/// rounding_divide_by_pot(srdhm(v << left, m), right) + addend: ties of the division go away from
/// zero. m > -2^31, so that SRDHM is the instruction without its saturation.
struct DoubleRounding {
  Ints m, left, right, addend;  // right: 0 or negative
  DoubleRounding(Ints multiplier, Ints shift, Ints plus) : m(multiplier), addend(plus) {
    const int32x4_t zero = vdupq_n_s32(0);
    left = {vmaxq_s32(shift.lo, zero), vmaxq_s32(shift.hi, zero)};
    right = {vminq_s32(shift.lo, zero), vminq_s32(shift.hi, zero)};
  }
  OCTET_INLINE static int32x4_t half(int32x4_t v, int32x4_t by, int32x4_t left, int32x4_t right) {
    const int32x4_t s = vqrdmulhq_s32(vshlq_s32(v, left), by);
    // A rounding shift takes ties up: one less first where s is negative and shifted.
    const int32x4_t negative = vshrq_n_s32(vandq_s32(s, right), 31);
    return vrshlq_s32(vqaddq_s32(s, negative), right);
  }
  OCTET_INLINE Ints apply(Ints v) const {
    return add({half(v.lo, m.lo, left.lo, right.lo), half(v.hi, m.hi, left.hi, right.hi)}, addend);
  }
};

/// scale_in_float(v, factor) + addend
struct FloatRounding {
  Floats factor;
  Ints addend;
  FloatRounding(Floats by, Ints plus) : factor(by), addend(plus) {}
  OCTET_INLINE static int32x4_t half(int32x4_t v, float32x4_t by) {
    const float32x4_t real = vminq_f32(vmulq_f32(vcvtq_f32_s32(v), by), vdupq_n_f32(32767.0f));
    return vcvtnq_s32_f32(vmaxq_f32(real, vdupq_n_f32(-32767.0f)));
  }
  OCTET_INLINE Ints apply(Ints v) const {
    return add({half(v.lo, factor.lo), half(v.hi, factor.hi)}, addend);
  }
};

}  // namespace octet::neon
#endif
