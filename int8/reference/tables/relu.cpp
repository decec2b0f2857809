#include "int8/reference/tables/relu.h"

#include <algorithm>
#include <cmath>

#include "int8/graph/attributes.h"
#include "int8/reference/activation_range.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {

namespace {

/// MBQM(q - z_in, ratio) + z_out within the range; ratio: input scale / output scale.
UnaryCodes rescaled_codes(double ratio, std::int32_t z_in, std::int32_t z_out, Rounding rounding,
                          ClampRange range) {
  const char* what = "input scale / output scale";
  const Multiplier m = checked_multiplier(ratio, rounding, what);
  check_no_overflow(255, m, what);
  return tabulate(
      [&](int q) { return multiply_by_quantized_multiplier(q - z_in, m, rounding) + z_out; },
      range);
}

/// At most real 1. The ratio is a float32, as in LiteRT, the only runtime that has these.
UnaryCodes up_to_one(const UnaryArgs& a, std::int32_t lo) {
  const ClampRange one = clamp_range(Activation::relu_n1_to_1, a.out.scale, a.out.zero_point);
  return rescaled_codes(static_cast<double>(a.in.scale / a.out.scale), a.in.zero_point,
                        a.out.zero_point, a.rounding, {std::max(lo, one.lo), one.hi});
}

}  // namespace

UnaryCodes make_relu_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                           Rounding rounding) {
  return rescaled_codes(static_cast<double>(s_in) / static_cast<double>(s_out), z_in, z_out,
                        rounding, {std::max(-128, z_out), 127});
}

UnaryCodes make_relu6_codes(float scale, std::int32_t zero_point) {
  return tabulate([](int q) { return q; }, clamp_range(Activation::relu6, scale, zero_point));
}

UnaryCodes make_leaky_relu_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                                 float alpha, Rounding rounding) {
  const char* identity_what = "input scale / output scale";
  const char* alpha_what = "input scale * alpha / output scale";
  const double identity_real = static_cast<double>(s_in) / static_cast<double>(s_out);
  const double alpha_real =
      static_cast<double>(s_in) * static_cast<double>(alpha) / static_cast<double>(s_out);
  const Multiplier identity = checked_multiplier(identity_real, rounding, identity_what);
  const Multiplier slope = checked_multiplier(std::fabs(alpha_real), rounding, alpha_what);
  check_no_overflow(255, identity, identity_what);
  check_no_overflow(255, slope, alpha_what);
  const std::int32_t sign = alpha_real < 0.0 ? -1 : 1;
  return tabulate([&](int q) {
    const std::int32_t v = q - z_in;
    const std::int32_t scaled_v = v >= 0
                                      ? multiply_by_quantized_multiplier(v, identity, rounding)
                                      : sign * multiply_by_quantized_multiplier(v, slope, rounding);
    return scaled_v + z_out;
  });
}

constexpr UnaryOp relu_op{.codes =
                              [](const UnaryArgs& a) {
                                return make_relu_codes(a.in.scale, a.in.zero_point, a.out.scale,
                                                       a.out.zero_point, a.rounding);
                              },
                          .min_output_scale = least_rescaled};

constexpr UnaryOp relu_n1_to_1_op{.codes = [](const UnaryArgs& a) { return up_to_one(a, -128); },
                                  .min_output_scale = least_rescaled};

constexpr UnaryOp relu_0_to_1_op{
    .codes = [](const UnaryArgs& a) { return up_to_one(a, a.out.zero_point); },
    .min_output_scale = least_rescaled};

constexpr UnaryOp relu6_op{
    .codes = [](const UnaryArgs& a) { return make_relu6_codes(a.in.scale, a.in.zero_point); },
    .keeps_params = true};

constexpr UnaryOp leaky_relu_op{
    .codes =
        [](const UnaryArgs& a) {
          return make_leaky_relu_codes(a.in.scale, a.in.zero_point, a.out.scale, a.out.zero_point,
                                       attributes_as<LeakyReluAttributes>(a.attributes).alpha,
                                       a.rounding);
        },
    .min_output_scale =
        [](float s_in, const Attributes& attributes) {
          const float alpha = std::fabs(attributes_as<LeakyReluAttributes>(attributes).alpha);
          return min_rescaled_scale(s_in, std::max(1.0f, alpha));
        }};

}  // namespace octet::int8
