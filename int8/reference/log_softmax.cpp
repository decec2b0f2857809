#include "int8/reference/log_softmax.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

/// (a + b) / 2, halves away from zero.
std::int32_t half_sum(std::int32_t a, std::int32_t b) noexcept {
  const std::int64_t sum = std::int64_t{a} + b;
  return static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

std::int32_t saturated(std::int64_t v) noexcept {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      v, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

// v = 2^e r with r within 2^(-1/4) of 2^(-1/4), found with and without a factor of sqrt(1/2) in
// front; log r is a quotient of polynomials around it.
std::int32_t log_of_q12(std::int32_t v) noexcept {
  // Q0.31
  constexpr std::int32_t log_2 = 1488522236, root_half = 1518500250, fourth_root_half = 1805811301;
  constexpr std::int32_t alpha_n = 117049297;   // 11/240 * 2^(1/4)
  constexpr std::int32_t alpha_d = 127690142;   // 1/20 * 2^(1/4)
  constexpr std::int32_t alpha_i = 1057819769;  // 2 / 2^(1/4) - 2^(1/4)
  constexpr std::int32_t alpha_f = 638450708;   // 1/4 * 2^(1/4)
  constexpr int integer_bits = 12, power_bits = 6;
  constexpr std::int32_t quarter = 1 << (31 - power_bits - 2);
  const auto zeros = [](std::int32_t x) { return std::countl_zero(static_cast<std::uint32_t>(x)); };
  const auto power = [](int exponent) {  // in Q6
    return shift_left_saturating(exponent, 31 - power_bits);
  };

  const int zeros_a = zeros(v);
  const std::int32_t r_a =
      shift_left_saturating(srdhm(shift_left_saturating(v, zeros_a - 1), root_half), 1);
  const std::int32_t power_a = saturated(std::int64_t{power(integer_bits - zeros_a)} + quarter);
  const int zeros_b = zeros(srdhm(v, root_half)) - 1;
  const std::int32_t r_b = shift_left_saturating(v, zeros_b);
  const std::int32_t power_b = saturated(std::int64_t{power(integer_bits - zeros_b)} - quarter);
  const std::int32_t r = std::min(r_a, r_b), exponent = std::max(power_a, power_b);

  const std::int32_t p = half_sum(r, fourth_root_half);
  const std::int32_t q = 2 * (r - fourth_root_half);
  const std::int32_t q2 = srdhm(q, q);
  const std::int32_t numerator = srdhm(q, r) + srdhm(srdhm(q, q2), alpha_n);
  const std::int32_t denominator_minus_one =
      srdhm(p, alpha_i + q + srdhm(alpha_d, q2)) + srdhm(alpha_f, q);
  const std::int32_t log_r = srdhm(rounding_divide_by_pot(numerator, power_bits),
                                   one_over_one_plus(denominator_minus_one));
  return shift_left_saturating(srdhm(exponent, log_2) + log_r, 1);
}

LogSoftmaxParams make_log_softmax_params(float s_in, Rounding rounding) {
  LogSoftmaxParams params;
  params.softmax = make_softmax_params(1.0f, s_in, rounding);
  params.rounding = rounding;
  const double real = static_cast<double>(s_in) * (1 << 26);
  const double limit = rounding == Rounding::single_rounding ? 1073741823.0 : 2147483647.0;
  const Multiplier m = quantize_multiplier(std::min(real, limit), rounding);
  params.radius = static_cast<std::int32_t>(
      std::min(255.0, std::floor(31.0 * (1 << 26) / std::ldexp(1.0, m.shift))));
  for (std::int32_t d = 0; d <= params.radius; ++d)
    params.differences[static_cast<std::size_t>(d)] =
        multiply_by_quantized_multiplier(-d, m, rounding);
  params.inverse = quantize_multiplier(std::ldexp(1.0, 31 - m.shift) / m.m, rounding);
  return params;
}

void log_softmax_row(const LogSoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                     std::int64_t depth) noexcept {
  const std::int8_t largest = *std::max_element(x, x + depth);
  const std::int32_t log_sum = log_of_q12(sum_of_exponentials(params.softmax, largest, x, depth));
  // The difference below which the output is lowest whatever it is.
  const std::int32_t least = multiply_by_quantized_multiplier(
      log_sum + std::numeric_limits<std::int32_t>::min(), params.inverse, params.rounding);
  const std::int32_t limit = std::max(-params.radius - 1, least);
  for (std::int64_t i = 0; i < depth; ++i) {
    const std::int32_t difference = x[i] - largest;
    if (difference <= limit) {
      y[i] = -128;
      continue;
    }
    const std::int32_t q5 = saturated(
        std::int64_t{params.differences[static_cast<std::size_t>(-difference)]} - log_sum);
    y[i] = clamp_to_int8(rounding_divide_by_pot(q5, 22) + 127);
  }
}

}  // namespace octet::int8
