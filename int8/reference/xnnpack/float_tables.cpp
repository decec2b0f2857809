#include "int8/reference/xnnpack/float_tables.h"

#include <cmath>

#include "int8/graph/attributes.h"
#include "int8/reference/fixed_point.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/real_functions.h"
#include "int8/reference/xnnpack/delegated_scales.h"

namespace octet::int8::xnnpack {
namespace {

/// LOGISTIC, TANH or ELU.
float curve_value(OpCode op, float v) noexcept {
  const double x = v;
  if (op == OpCode::tanh) return static_cast<float>(tanh_of(x));
  if (op == OpCode::elu) return x < 0 ? static_cast<float>(expm1_of(x)) : v;
  if (x > 100) return 1;
  if (x < -100) return 0;
  const double e = exp_of(x);
  return static_cast<float>(e / (1 + e));
}

std::int32_t fixed_8(float ratio) {
  return static_cast<std::int32_t>(std::nearbyint(256.0f * ratio));
}

/// The code of a real.
std::int32_t code_of(float v, float inverse_scale, std::int32_t zero_point) noexcept {
  const float steps = v * inverse_scale;
  return nearest_even(steps + static_cast<float>(zero_point));
}

UnaryCodes curve_codes(OpCode op, QuantParams in, QuantParams out) {
  const float inverse = 1.0f / out.scale;
  return tabulate([&](int q) {
    const float v = static_cast<float>(q - in.zero_point) * in.scale;
    return code_of(curve_value(op, v), inverse, out.zero_point);
  });
}

UnaryCodes leaky_relu_codes(QuantParams in, QuantParams out, float alpha) {
  const float ratio = in.scale / out.scale;
  const std::int32_t k = fixed_8(ratio), below = fixed_8(ratio * alpha);
  return tabulate([&](int q) {
    const std::int32_t v = q - in.zero_point;
    return ((v * (v >= 0 ? k : below) + 128) >> 8) + out.zero_point;
  });
}

Multiplier multiplier_of(double ratio) {
  const char* what = "input scale / output scale";
  const Multiplier m = checked_multiplier(ratio, Rounding::double_rounding, what);
  check_no_overflow(255, m, what);
  return m;
}

UnaryCodes relu_codes(QuantParams in, QuantParams out, Activation activation) {
  const Multiplier m = multiplier_of(static_cast<double>(in.scale / out.scale));
  return tabulate(
      [&](int q) {
        return multiply_by_quantized_multiplier(q - in.zero_point, m, Rounding::double_rounding) +
               out.zero_point;
      },
      clamp_range(activation, out.scale, out.zero_point));
}

}  // namespace

UnaryCodes unary_codes(OpCode op, const UnaryArgs& a) {
  switch (op) {
    case OpCode::logistic:
    case OpCode::tanh:
    case OpCode::elu:
      return curve_codes(op, a.in, a.out);
    case OpCode::relu:
      return relu_codes(a.in, a.out, Activation::relu);
    case OpCode::relu6:
      return relu_codes(a.in, a.out, Activation::relu6);
    case OpCode::leaky_relu: {
      const float alpha = attributes_as<LeakyReluAttributes>(a.attributes).alpha;
      if (takes_leaky_relu(a.in.scale, a.out.scale, alpha))
        return leaky_relu_codes(a.in, a.out, alpha);
      break;
    }
    default:
      break;
  }
  return find_unary_op(op)->codes({a.in, a.out, Rounding::double_rounding, a.attributes});
}

UnaryCodes square_codes(QuantParams in, QuantParams out, ClampRange range) {
  const float inverse = 1.0f / out.scale;
  return tabulate(
      [&](int q) {
        const float v = static_cast<float>(q - in.zero_point) * in.scale;
        return code_of(v * v, inverse, out.zero_point);
      },
      range);
}

UnaryCodes requantize_codes(QuantParams in, QuantParams out) {
  return leaky_relu_codes(in, out, 1.0f);
}

FarRequantization make_far_requantization(QuantParams in, QuantParams out) {
  const Multiplier m =
      multiplier_of(static_cast<double>(in.scale) / static_cast<double>(out.scale));
  const auto codes = [&](auto multiply) {
    return tabulate([&](int q) { return multiply(q - in.zero_point, m) + out.zero_point; });
  };
  return {codes(multiply_with_ties_up), codes([](std::int32_t v, Multiplier by) {
            return multiply_by_quantized_multiplier(v, by, Rounding::double_rounding);
          })};
}

}  // namespace octet::int8::xnnpack
