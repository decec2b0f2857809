// SQUARED_DIFFERENCE: both inputs are brought to one scale with 7 extra bits, subtracted, squared,
// rescaled.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct SquaredDifferenceParams {
  static constexpr int left_shift = 7;
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  Multiplier m1, m2, mo;
  Rounding rounding = Rounding::double_rounding;
};

/// With tm = 2 max(s1, s2), in double: M1 = s1 / tm, M2 = s2 / tm, Mo = tm^2 / (2^14 so). Throws
/// Error where int32 could overflow.
SquaredDifferenceParams make_squared_difference_params(float s1, std::int32_t z1, float s2,
                                                       std::int32_t z2, float so, std::int32_t zo,
                                                       Rounding rounding);

/// Portable. y may be a or b.
void squared_difference(const SquaredDifferenceParams& params, const std::int8_t* a,
                        const std::int8_t* b, std::int8_t* y, std::int64_t n) noexcept;

}  // namespace octet::int8
