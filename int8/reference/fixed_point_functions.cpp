#include "int8/reference/fixed_point_functions.h"

#include <bit>

#include <limits>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {
namespace {

constexpr std::int32_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t int32_min = std::numeric_limits<std::int32_t>::min();

/// exp(a) for a in [-1/4, 0), Q0: a fourth-order Taylor polynomial around -1/8.
std::int32_t exp_between_minus_quarter_and_zero(std::int32_t a) noexcept {
  constexpr std::int32_t exp_of_minus_eighth = 1895147668;
  constexpr std::int32_t one_third = 715827883;
  const std::int32_t x = a + (1 << 28);
  const std::int32_t x2 = srdhm(x, x);
  const std::int32_t x3 = srdhm(x2, x);
  const std::int32_t x4 = srdhm(x2, x2);
  const std::int32_t higher_terms =
      rounding_divide_by_pot(srdhm(rounding_divide_by_pot(x4, 2) + x3, one_third) + x2, 1);
  return exp_of_minus_eighth + srdhm(exp_of_minus_eighth, x + higher_terms);
}

/// Half of (a + 1) as Q0 sees it, rounded half away from zero.
std::int32_t half_sum_with_one(std::int32_t a) noexcept {
  const std::int64_t sum = std::int64_t{a} + int32_max;
  return static_cast<std::int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/// 1 / ((1 + a) / 2) in Q2: three Newton-Raphson steps from 48/17 - 32/17 d.
std::int32_t reciprocal_of_half_sum(std::int32_t a) noexcept {
  const std::int32_t half_denominator = half_sum_with_one(a);
  std::int32_t x = 1515870810 + srdhm(half_denominator, -1010580540);
  for (int i = 0; i < 3; ++i) {
    const std::int32_t error = (1 << 29) - srdhm(half_denominator, x);
    x += shift_left_saturating(srdhm(x, error), 2);
  }
  return x;
}

}  // namespace

std::int32_t shift_left_saturating(std::int32_t v, int exponent) noexcept {
  const std::int32_t bound = static_cast<std::int32_t>((std::int64_t{1} << (31 - exponent)) - 1);
  if (v > bound) return int32_max;
  if (v < -bound) return int32_min;
  return v * (1 << exponent);
}

std::int32_t exp_on_negative_values(std::int32_t a, int integer_bits) noexcept {
  if (a == 0) return int32_max;
  const int fraction_bits = 31 - integer_bits;
  const std::int32_t quarter = 1 << (fraction_bits - 2);
  const std::int32_t a_mod_quarter = (a & (quarter - 1)) - quarter;
  std::int32_t result =
      exp_between_minus_quarter_and_zero(shift_left_saturating(a_mod_quarter, integer_bits));
  const std::int32_t remainder = a_mod_quarter - a;

  // exp(-2^k) in Q0 for k = -2 .. 4.
  constexpr std::int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
                                      39332535,   720401,     242};
  for (int k = -2; k <= 4; ++k) {
    if (integer_bits > k && (remainder & (1 << (fraction_bits + k))) != 0) {
      result = srdhm(result, factors[k + 2]);
    }
  }
  if (integer_bits > 5 && a < -(1 << (fraction_bits + 5))) return 0;
  return result;
}

std::int32_t one_over_one_plus(std::int32_t a) noexcept {
  return shift_left_saturating(reciprocal_of_half_sum(a), 1);
}

std::int32_t one_minus_over_one_plus(std::int32_t a) noexcept {
  return shift_left_saturating(reciprocal_of_half_sum(a) - (1 << 29), 2);
}

std::int32_t logistic_q4(std::int32_t z) noexcept {
  if (z == 0) return 1 << 30;
  const std::int32_t of_magnitude = one_over_one_plus(exp_on_negative_values(z > 0 ? -z : z, 4));
  return z > 0 ? of_magnitude : int32_max - of_magnitude;
}

std::int32_t tanh_q4(std::int32_t z) noexcept {
  if (z == 0) return 0;
  // exp(-2|z|): the raw value of |z| in Q4 is 2|z| in Q5.
  const std::int32_t of_magnitude =
      one_minus_over_one_plus(exp_on_negative_values(z > 0 ? -z : z, 5));
  return z > 0 ? of_magnitude : -of_magnitude;
}

Multiplier inverse_sqrt(std::int64_t v) noexcept {
  if (v <= 1) return {2147483647, 0};
  int shift = -11;
  for (; v >= 1 << 29; v /= 4) --shift;
  // v 4^pairs is in [2^27, 2^29): in Q3 its half is in [1/4, 1).
  const int pairs = (std::countl_zero(static_cast<std::uint32_t>(v)) - 1) / 2 - 1;
  const auto scaled = static_cast<std::int32_t>(v << (2 * pairs));
  const std::int32_t half = rounding_divide_by_pot(scaled >> 1, 1);
  constexpr std::int32_t three_halves = 3 << 27, half_sqrt_2 = 1518500250;  // Q3, Q0
  std::int32_t x = 1 << 28;
  for (int step = 0; step < 5; ++step) {
    const std::int32_t cube = shift_left_saturating(srdhm(srdhm(x, x), x), 6);
    x = shift_left_saturating(srdhm(three_halves, x) - srdhm(half, cube), 3);
  }
  return {srdhm(x, half_sqrt_2), shift + pairs};
}

}  // namespace octet::int8
