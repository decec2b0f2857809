#include "int8/reference/real_functions.h"

#include <cmath>

#include <bit>
#include <cstdint>

namespace octet::int8 {
namespace {

/// x = n ln 2 + r with |r| <= ln 2 / 2: 2^n and e^r - 1 by its Taylor polynomial.
struct ReducedExp {
  double power, minus_one;
};
ReducedExp reduce(double x) noexcept {
  const double limited = x < -700 ? -700 : (x > 700 ? 700 : x);
  constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  const auto n =
      static_cast<std::int64_t>(limited / (ln2_high + ln2_low) + (limited < 0 ? -0.5 : 0.5));
  const double r = (limited - static_cast<double>(n) * ln2_high) - static_cast<double>(n) * ln2_low;
  double p = 1;
  for (int k = 15; k > 1; --k) p = 1 + p * r / k;
  return {std::bit_cast<double>(static_cast<std::uint64_t>(1023 + n) << 52), p * r};
}

constexpr double two_over_sqrt_pi = 1.1283791670955126;

}  // namespace

double exp_of(double x) noexcept {
  const ReducedExp e = reduce(x);
  return e.power * e.minus_one + e.power;
}

double expm1_of(double x) noexcept {
  const ReducedExp e = reduce(x);
  return e.power * e.minus_one + (e.power - 1);
}

double tanh_of(double x) noexcept {
  const double magnitude = x < 0 ? -x : x;
  const double e = expm1_of(2 * (magnitude > 20 ? 20 : magnitude));
  return (x < 0 ? -e : e) / (e + 2);
}

double erfc_of(double x) noexcept {
  if (x < 0) return 2 - erfc_of(-x);
  if (x > 26) return 0;
  if (x < 2.5) {  // 1 - erf(x), erf by the series of positive terms
    double term = x, sum = x;
    for (int n = 1; n < 60; ++n) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 1 - two_over_sqrt_pi * exp_of(-x * x) * sum;
  }
  double fraction = x;  // Laplace's continued fraction
  for (int k = 100; k > 0; --k) fraction = x + k / (2 * fraction);
  return two_over_sqrt_pi / 2 * exp_of(-x * x) / fraction;
}

double log_of(double x) noexcept {
  constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  constexpr std::uint64_t half = 0x3fe0000000000000u, mantissa = 0x000fffffffffffffu;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1022;
  auto m = std::bit_cast<double>((bits & mantissa) | half);  // [1/2, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // log m = 2 artanh(s), |s| < 0.172
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double series = 0;
  for (int k = 25; k > 1; k -= 2) series = (series + 1.0 / k) * s2;
  return exponent * ln2_high + (2 * (s + s * series) + exponent * ln2_low);
}

}  // namespace octet::int8
