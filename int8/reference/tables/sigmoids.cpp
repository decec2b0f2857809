#include "int8/reference/tables/sigmoids.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/reference/fixed_point.h"
#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {
namespace {

/// Brings q - z_in to Q4.27; beyond `radius` the function is saturated.
struct ToQ4 {
  Multiplier multiplier;
  std::int32_t radius = 0;
};

ToQ4 make_to_q4(float s_in) {
  const double real = static_cast<double>(s_in) * (1 << 27);
  OCTET_CHECK(std::isfinite(real) && real >= 1.0,
              "input scale: expected finite and at least 2^-27, got ", s_in);
  // The shift is to the left, where the two rounding modes agree.
  const Multiplier m = quantize_multiplier(real, Rounding::double_rounding);
  const double radius = std::floor(15.0 * (1 << 27) / std::ldexp(1.0, m.shift));
  return {m, static_cast<std::int32_t>(std::min(radius, 1e9))};
}

/// saturate16(v).
std::int32_t to_int16(std::int32_t v) noexcept {
  return std::clamp(v, -32768, 32767);
}

/// Rounding doubling high multiply of int16 values, saturated.
std::int32_t srdhm16(std::int32_t a, std::int32_t b) noexcept {
  if (a == -32768 && b == -32768) return 32767;
  return (a * b + (1 << 14)) >> 15;
}

/// The int32 multiplier rounded to its upper 16 bits.
std::int32_t upper_half(std::int32_t m) noexcept {
  constexpr std::int32_t largest = 2147483647 - (1 << 15);
  return m >= largest ? 32767 : (m + (1 << 15)) >> 16;
}

/// Codes of a curve of fixed-point arguments that is flat beyond the radius.
template <class Curve>
UnaryCodes tabulate_sigmoid(float s_in, std::int32_t z_in, const Curve& curve) {
  const ToQ4 to_q4 = make_to_q4(s_in);
  return tabulate([&](int q) -> std::int32_t {
    const std::int32_t v = q - z_in;
    if (v <= -to_q4.radius) return -128;
    if (v >= to_q4.radius) return 128;
    return curve(multiply_by_quantized_multiplier(v, to_q4.multiplier, Rounding::double_rounding));
  });
}

}  // namespace

UnaryCodes make_logistic_codes(float s_in, std::int32_t z_in) {
  return tabulate_sigmoid(
      s_in, z_in, [](std::int32_t z) { return rounding_divide_by_pot(logistic_q4(z), 23) - 128; });
}

UnaryCodes make_tanh_codes(float s_in, std::int32_t z_in) {
  return tabulate_sigmoid(s_in, z_in,
                          [](std::int32_t z) { return rounding_divide_by_pot(tanh_q4(z), 24); });
}

UnaryCodes make_hard_swish_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out) {
  const float fine_scale = (1.0f / 128.0f) * s_in;
  const float relu_scale = 3.0f / 32768.0f;
  const float output_real = fine_scale / s_out;
  const float relu_real = fine_scale / relu_scale;
  const Multiplier output =
      checked_multiplier(static_cast<double>(output_real), Rounding::double_rounding,
                         "input scale / (128 * output scale)");
  const Multiplier relu = checked_multiplier(
      static_cast<double>(relu_real), Rounding::double_rounding, "input scale / (128 * 3 / 32768)");
  OCTET_CHECK(output.shift <= 0, "input scale / (128 * output scale): expected below 1, got ",
              output_real);
  const std::int32_t output_m = upper_half(output.m);
  const std::int32_t relu_m = upper_half(relu.m);
  return tabulate([&](int q) {
    const std::int32_t fine = (q - z_in) * 128;
    const std::int32_t scaled = srdhm16(fine, output_m);
    std::int32_t gate = fine;
    if (relu.shift > 0) {
      const std::int64_t wide = std::int64_t{gate} << std::min(relu.shift - 1, 30);
      gate = static_cast<std::int32_t>(std::clamp<std::int64_t>(wide, -32768, 32767));
    }
    gate = srdhm16(gate, relu_m);
    if (relu.shift > 0) gate = to_int16(gate * 2);
    if (relu.shift < 0) gate = rounding_divide_by_pot(gate, -relu.shift);
    gate = (gate + 32768) >> 1;
    const std::int32_t product = gate * scaled / 32768;
    return rounding_divide_by_pot(product, -output.shift) + z_out;
  });
}

constexpr UnaryOp logistic_op{
    .codes = [](const UnaryArgs& a) { return make_logistic_codes(a.in.scale, a.in.zero_point); },
    .fixed_output = logistic_params};

constexpr UnaryOp tanh_op{
    .codes = [](const UnaryArgs& a) { return make_tanh_codes(a.in.scale, a.in.zero_point); },
    .fixed_output = tanh_params};

constexpr UnaryOp hard_swish_op{
    .codes =
        [](const UnaryArgs& a) {
          return make_hard_swish_codes(a.in.scale, a.in.zero_point, a.out.scale, a.out.zero_point);
        },
    .min_output_scale = [](float s_in, const Attributes&) { return min_hard_swish_scale(s_in); }};

}  // namespace octet::int8
