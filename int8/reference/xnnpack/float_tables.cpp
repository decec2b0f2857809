#include "int8/reference/xnnpack/float_tables.h"

#include <cmath>

#include "int8/reference/fixed_point.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/real_functions.h"

namespace octet::int8::xnnpack {
namespace {

std::int32_t fixed_8(float ratio) {
  return static_cast<std::int32_t>(std::nearbyint(256.0f * ratio));
}

/// The code of a real.
std::int32_t code_of(float v, float inverse_scale, std::int32_t zero_point) noexcept {
  const float steps = v * inverse_scale;
  return nearest_even(steps + static_cast<float>(zero_point));
}

float value_of(Curve curve, float v) noexcept {
  const double x = v;
  switch (curve) {
    case Curve::logistic: {
      if (x > 100) return 1;
      if (x < -100) return 0;
      const double e = exp_of(x);
      return static_cast<float>(e / (1 + e));
    }
    case Curve::tanh:
      return static_cast<float>(tanh_of(x));
    case Curve::elu:
      return x < 0 ? static_cast<float>(expm1_of(x)) : v;
  }
  return v;
}

Multiplier multiplier_of(QuantParams in, QuantParams out) {
  const char* what = "input scale / output scale";
  const Multiplier m = checked_multiplier(static_cast<double>(in.scale / out.scale),
                                          Rounding::double_rounding, what);
  check_no_overflow(255, m, what);
  return m;
}

}  // namespace

Table curve_table(Curve curve, QuantParams in, QuantParams out) {
  const float inverse = 1.0f / out.scale;
  return tabulate([&](int q) {
           const float v = static_cast<float>(q - in.zero_point) * in.scale;
           return code_of(value_of(curve, v), inverse, out.zero_point);
         })
      .table();
}

Table square_table(QuantParams in, QuantParams out, ClampRange range) {
  const float inverse = 1.0f / out.scale;
  return tabulate(
             [&](int q) {
               const float v = static_cast<float>(q - in.zero_point) * in.scale;
               return code_of(v * v, inverse, out.zero_point);
             },
             range)
      .table();
}

Table requantize_table(QuantParams in, QuantParams out) {
  return leaky_relu_table(in, out, 1.0f);
}

Table leaky_relu_table(QuantParams in, QuantParams out, float alpha) {
  const float ratio = in.scale / out.scale;
  const std::int32_t k = fixed_8(ratio), below = fixed_8(ratio * alpha);
  return tabulate([&](int q) {
           const std::int32_t v = q - in.zero_point;
           return ((v * (v >= 0 ? k : below) + 128) >> 8) + out.zero_point;
         })
      .table();
}

Table relu_table(QuantParams in, QuantParams out, bool six) {
  const Multiplier m = multiplier_of(in, out);
  const ClampRange range =
      clamp_range(six ? Activation::relu6 : Activation::relu, out.scale, out.zero_point);
  return tabulate(
             [&](int q) {
               return multiply_by_quantized_multiplier(q - in.zero_point, m,
                                                       Rounding::double_rounding) +
                      out.zero_point;
             },
             range)
      .table();
}

Table far_requantize_table(QuantParams in, QuantParams out, bool ties_up) {
  const char* what = "input scale / output scale";
  const Multiplier m =
      checked_multiplier(static_cast<double>(in.scale) / static_cast<double>(out.scale),
                         Rounding::double_rounding, what);
  check_no_overflow(255, m, what);
  return tabulate([&](int q) {
           const std::int32_t v = q - in.zero_point;
           const std::int32_t p =
               ties_up ? multiply_with_ties_up(v, m)
                       : multiply_by_quantized_multiplier(v, m, Rounding::double_rounding);
           return p + out.zero_point;
         })
      .table();
}

}  // namespace octet::int8::xnnpack
