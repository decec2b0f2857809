#include "int8/reference/activation_range.h"

#include <algorithm>
#include <cmath>

#include "int8/reference/float_rounding.h"

namespace octet::int8 {
namespace {

std::int32_t code_of(float real, float scale, std::int32_t zero_point) noexcept {
  // Beyond +-512 the bound is outside int8 for any zero point, so the clamp changes no result.
  const float steps = std::clamp(std::round(real / scale), -512.0f, 512.0f);
  return zero_point + static_cast<std::int32_t>(steps);
}

std::int32_t float_code_of(float real, float scale, std::int32_t zero_point) noexcept {
  return nearest_even(real / scale + static_cast<float>(zero_point));
}

/// code(v) is that of the real v.
template <class Code>
ClampRange range_of(Activation activation, const Code& code) noexcept {
  ClampRange range;
  const auto at_least = [&](float real) { range.lo = std::clamp(code(real), -128, 127); };
  const auto at_most = [&](float real) { range.hi = std::clamp(code(real), -128, 127); };
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      at_least(0.0f);
      break;
    case Activation::relu_n1_to_1:
      at_least(-1.0f);
      at_most(1.0f);
      break;
    case Activation::relu6:
      at_least(0.0f);
      at_most(6.0f);
      break;
  }
  return range;
}

}  // namespace

ClampRange clamp_range(Activation activation, float scale, std::int32_t zero_point) noexcept {
  return range_of(activation, [&](float real) { return code_of(real, scale, zero_point); });
}

ClampRange float_clamp_range(Activation activation, float scale, std::int32_t zero_point) noexcept {
  return range_of(activation, [&](float real) { return float_code_of(real, scale, zero_point); });
}

}  // namespace octet::int8
