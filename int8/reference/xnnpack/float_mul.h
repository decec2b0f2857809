// MUL in XNNPACK on x86-64: one product in float32.
#pragma once

#include <cstdint>

#include "int8/reference/activation_range.h"
#include "int8/reference/float_rounding.h"

namespace octet::int8::xnnpack {

struct FloatMulParams {
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  float factor = 0;  ///< f32(f32(s1 * s2) / so)
  ClampRange range;
};

FloatMulParams make_mul_params(QuantParams a, QuantParams b, QuantParams out,
                               ClampRange range) noexcept;

/// The output code before the clamp, zero point included.
inline std::int32_t preclamp(const FloatMulParams& p, std::int8_t a, std::int8_t b) noexcept {
  return scale_in_float((a - p.z1) * (b - p.z2), p.factor) + p.zo;
}

/// y[i] = clamp(preclamp(a[i], b[i])), portable. y may be a or b.
void mul(const FloatMulParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept;

}  // namespace octet::int8::xnnpack
