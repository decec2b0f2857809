// MUL in XNNPACK on x86-64: one product in float32.
#pragma once

#include <cstdint>

#include "int8/reference/activation_range.h"

namespace octet::int8::xnnpack {

struct FloatMulParams {
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  float factor = 0;  ///< f32(f32(s1 * s2) / so)
  ClampRange range;
};

/// y[i] = clamp(scale_in_float((a[i] - z1) (b[i] - z2), factor) + zo), portable. y may be a or b.
void mul(const FloatMulParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept;

}  // namespace octet::int8::xnnpack
