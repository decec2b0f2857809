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
FloatAddParams make_add_params(QuantParams a, QuantParams b, QuantParams out, bool subtract,
                               ClampRange range) noexcept;

/// The output code before the clamp, zero point included.
inline std::int32_t preclamp(const FloatAddParams& p, std::int8_t a, std::int8_t b) noexcept {
  return (((a - p.z1) * p.k1 + (b - p.z2) * p.k2 + (1 << (p.bits - 1))) >> p.bits) + p.zo;
}

/// y[i] = clamp(preclamp(a[i], b[i])), portable. y may be a or b.
void add(const FloatAddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept;

}  // namespace octet::int8::xnnpack
