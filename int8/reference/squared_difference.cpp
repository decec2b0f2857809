#include "int8/reference/squared_difference.h"

#include <algorithm>

#include "int8/reference/multipliers.h"

namespace octet::int8 {

SquaredDifferenceParams make_squared_difference_params(float s1, std::int32_t z1, float s2,
                                                       std::int32_t z2, float so, std::int32_t zo,
                                                       Rounding rounding) {
  constexpr int left_shift = SquaredDifferenceParams::left_shift;
  const double twice_max = 2.0 * static_cast<double>(std::max(s1, s2));
  const double widened = (1 << (2 * left_shift)) * static_cast<double>(so);
  SquaredDifferenceParams params;
  params.z1 = z1;
  params.z2 = z2;
  params.zo = zo;
  params.rounding = rounding;
  params.m1 = checked_multiplier(static_cast<double>(s1) / twice_max, rounding, "first input");
  params.m2 = checked_multiplier(static_cast<double>(s2) / twice_max, rounding, "second input");
  params.mo = checked_multiplier(twice_max * twice_max / widened, rounding,
                                 "(2 * max(input scales))^2 / (2^14 * output scale)");
  constexpr std::int64_t largest = 255 << left_shift;  // each input is at most half of it
  check_no_overflow(largest * largest, params.mo, "square");
  return params;
}

void squared_difference(const SquaredDifferenceParams& p, const std::int8_t* a,
                        const std::int8_t* b, std::int8_t* y, std::int64_t n) noexcept {
  const auto rescaled = [&p](std::int32_t v, Multiplier m) {
    return multiply_by_quantized_multiplier(v * (1 << SquaredDifferenceParams::left_shift), m,
                                            p.rounding);
  };
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int32_t difference = rescaled(a[i] - p.z1, p.m1) - rescaled(b[i] - p.z2, p.m2);
    y[i] = clamp_to_int8(
        multiply_by_quantized_multiplier(difference * difference, p.mo, p.rounding) + p.zo);
  }
}

}  // namespace octet::int8
