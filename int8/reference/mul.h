// MUL: product of two int8 values, one rescale.
#pragma once

#include <cstdint>

#include "int8/reference/activation_range.h"
#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct MulParams {
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  Multiplier m;
  Rounding rounding = Rounding::single_rounding;
  ClampRange range;
};

/// M = double(s1) * double(s2) / double(so). Throws Error if M is not finite or too large.
MulParams make_mul_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding);

/// The output code before the clamp, zero point included.
inline std::int32_t preclamp(const MulParams& p, std::int8_t a, std::int8_t b) noexcept {
  return multiply_by_quantized_multiplier((a - p.z1) * (b - p.z2), p.m, p.rounding) + p.zo;
}

/// y[i] = clamp(preclamp(a[i], b[i])), portable. y may be a or b.
using MulFunction = void(const MulParams& params, const std::int8_t* a, const std::int8_t* b,
                         std::int8_t* y, std::int64_t n) noexcept;
MulFunction mul;

}  // namespace octet::int8
