// ADD and SUB in XNNPACK: two integer products with 20 bits behind the point, half up.
#pragma once

#include <cstdint>

#include "int8/reference/activation_range.h"

namespace octet::int8::xnnpack {

struct FloatAddParams {
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  std::int32_t k1 = 0, k2 = 0;
  int bits = 13;  ///< 13 to 30
  ClampRange range;
};

/// r1 = f32(s1 / so), r2 = f32(s2 / so); bits = 20 - floor(log2(max(r1, r2))); k = rint(r 2^bits);
/// for SUB k2 is negative. Requires r1 and r2 in [2^-10, 2^8).
FloatAddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                               std::int32_t zo, bool subtract, ClampRange range) noexcept;

/// y[i] = clamp((((a[i] - z1) k1 + (b[i] - z2) k2 + 2^(bits - 1)) >> bits) + zo), portable. y may
/// be a or b.
void add(const FloatAddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept;

}  // namespace octet::int8::xnnpack
