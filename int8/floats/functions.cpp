#include "int8/floats/functions.h"

#include <bit>

#include "int8/reference/real_functions.h"

namespace octet::int8::floats {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float exact_integers = 8388608.0f;  // 2^23: from here on every float is an integer

/// exp_of as a float; beyond 89 it is infinite, below -104 zero.
float to_float_exp(double x) noexcept {
  if (x > 89) return infinity;
  return x < -104 ? 0.0f : static_cast<float>(exp_of(x));
}

}  // namespace

float exp(float x) noexcept {
  return x == x ? to_float_exp(x) : nan;
}

float log(float x) noexcept {
  if (!(x >= 0)) return nan;
  if (x == 0) return -infinity;
  return x < infinity ? static_cast<float>(log_of(x)) : x;
}

float logistic(float x) noexcept {
  return x == x ? static_cast<float>(1 / (1 + exp_of(-static_cast<double>(x)))) : nan;
}

float tanh(float x) noexcept {
  return x == x ? static_cast<float>(tanh_of(x)) : nan;
}

float elu(float x) noexcept {
  return x < 0 ? static_cast<float>(expm1_of(x)) : canonical(x);
}

float gelu(float x) noexcept {
  constexpr double sqrt_half = 0.70710678118654752;
  if (!(x > -infinity)) return x == x ? -0.0f : nan;
  return static_cast<float>(0.5 * x * erfc_of(-x * sqrt_half));
}

float gelu_by_tanh(float x) noexcept {
  constexpr double sqrt_two_over_pi = 0.79788456080286536;
  if (!(x > -infinity)) return x == x ? -0.0f : nan;
  const double v = x;
  return static_cast<float>(0.5 * v * (1 + tanh_of(sqrt_two_over_pi * (v + 0.044715 * v * v * v))));
}

float hard_swish(float x) noexcept {
  const float shifted = x + 3.0f;
  const float limited = shifted > 0 ? (shifted < 6.0f ? shifted : 6.0f) : 0.0f;
  return canonical(x * limited / 6.0f);
}

float pow(float x, float y) noexcept {
  if (y == 0 || x == 1) return 1.0f;
  if (x != x || y != y) return nan;
  const float magnitude = x < 0 ? -x : x;
  const bool integer = y >= exact_integers || y <= -exact_integers || y == round(y);
  const bool odd = integer && (y < 2 * exact_integers && y > -2 * exact_integers) &&
                   (static_cast<std::int64_t>(y) & 1) != 0;
  if (x < 0 && !integer && magnitude < infinity) return nan;
  float result;
  if (y == infinity || y == -infinity) {
    result = magnitude == 1 ? 1.0f : (magnitude > 1) == (y > 0) ? infinity : 0.0f;
  } else if (magnitude == 0 || magnitude == infinity) {
    result = (magnitude == 0) == (y > 0) ? 0.0f : infinity;
  } else if (y == 2) {
    return x * x;
  } else {
    result = to_float_exp(static_cast<double>(y) * log_of(magnitude));
  }
  const bool negative = odd && (x < 0 || (x == 0 && std::signbit(x)));
  return negative ? -result : result;
}

float round(float x) noexcept {
  if (!(x < exact_integers && x > -exact_integers)) return canonical(x);
  const float sign = std::signbit(x) ? -1.0f : 1.0f, magnitude = x * sign;
  // Adding 2^23 rounds to an integer, halves to even.
  const float whole = (magnitude + exact_integers) - exact_integers;
  return whole * sign;
}

}  // namespace octet::int8::floats
