// ADD and SUB: both inputs are brought to one scale with 20 extra bits, added, rescaled.
#pragma once

#include <cstdint>

#include "int8/reference/activation_range.h"
#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// The code before the clamp by two products: w = first * a + second * b + constant, wrapped,
/// gives w >> bits, in either rounding, unless w modulo 2^bits is below `margin`: then it may be
/// near a tie.
struct AddShortcut {
  std::int32_t first = 0, second = 0, constant = 0, margin = 0;
  int bits = 0;  ///< 0: too many would be near a tie
};

struct AddParams {
  static constexpr int left_shift = 20;
  std::int32_t z1 = 0, z2 = 0, zo = 0;
  Multiplier m1, m2, mo;
  bool subtract = false;
  Rounding rounding = Rounding::single_rounding;
  ClampRange range;
  AddShortcut shortcut;
};

/// ADD. With tm = 2 max(s1, s2), all in double: M1 = s1 / tm, M2 = s2 / tm, Mo = tm / (2^20 so).
/// Throws Error unless every M is in (0, 1).
AddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding);

/// SUB: the same multipliers; the second operand is subtracted.
AddParams make_sub_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding);

/// The output code before the clamp, zero point included.
inline std::int32_t preclamp(const AddParams& p, std::int8_t a, std::int8_t b) noexcept {
  const auto widen = [](std::int32_t v) { return v * (1 << AddParams::left_shift); };
  const std::int32_t x = multiply_by_quantized_multiplier(widen(a - p.z1), p.m1, p.rounding);
  const std::int32_t y = multiply_by_quantized_multiplier(widen(b - p.z2), p.m2, p.rounding);
  const std::int32_t sum = p.subtract ? x - y : x + y;
  return multiply_by_quantized_multiplier(sum, p.mo, p.rounding) + p.zo;
}

/// y[i] = clamp(preclamp(a[i], b[i])), portable. y may be a or b.
using AddFunction = void(const AddParams& params, const std::int8_t* a, const std::int8_t* b,
                         std::int8_t* y, std::int64_t n) noexcept;
AddFunction add;

}  // namespace octet::int8
