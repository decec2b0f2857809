// Fixed-point primitives against exact arithmetic, constructed ties included.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "int8/reference/fixed_point.h"
#include "int8/reference/fixed_point_functions.h"
#include "tests/int8/reference.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t greatest = std::numeric_limits<std::int32_t>::max();

std::vector<std::int32_t> interesting_values() {
  std::vector<std::int32_t> v{0, 1, -1, 2, -2, 3, -3, least, least + 1, greatest, greatest - 1};
  for (int e = 2; e < 31; ++e) {
    for (const int d : {-1, 0, 1}) {
      v.push_back((1 << e) + d);
      v.push_back(-(1 << e) + d);
    }
  }
  std::mt19937_64 rng = octet::test::rng(1);
  for (int i = 0; i < 100; ++i) v.push_back(static_cast<std::int32_t>(rng()));
  return v;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("srdhm is the rounded high half, ties up, saturated in one case") {
    for (const std::int32_t a : interesting_values()) {
      for (const std::int32_t b : interesting_values()) {
        const Wide exact = half_up(Wide{a} * b, power_of_two(31));
        const auto expected =
            static_cast<std::int32_t>(a == least && b == least ? Wide{greatest} : exact);
        CAPTURE(a);
        CAPTURE(b);
        REQUIRE(srdhm(a, b) == expected);
      }
    }
  }

  TEST_CASE("rounding_divide_by_pot: ties away from zero") {
    for (int e = 0; e <= 31; ++e) {
      std::vector<std::int32_t> values = interesting_values();
      for (int k = -5; e >= 1 && e < 30 && k <= 5; ++k) {
        const std::int64_t tie = k * (std::int64_t{1} << e) + (std::int64_t{1} << (e - 1));
        if (tie >= least && tie <= greatest) values.push_back(static_cast<std::int32_t>(tie));
      }
      for (const std::int32_t x : values) {
        CAPTURE(e);
        CAPTURE(x);
        REQUIRE(rounding_divide_by_pot(x, e) ==
                static_cast<std::int32_t>(half_away(x, power_of_two(e))));
      }
    }
  }

  TEST_CASE("multiply_by_quantized_multiplier in both modes") {
    std::mt19937_64 rng = octet::test::rng(2);
    std::vector<Multiplier> multipliers;
    for (int shift = -31; shift <= 30; ++shift) {
      for (const std::int32_t m : {1 << 30, (1 << 30) + 1, greatest, 1610612736, 0}) {
        multipliers.push_back({m, shift});
      }
      multipliers.push_back({(1 << 30) + static_cast<std::int32_t>(rng() >> 34), shift});
    }
    for (const Multiplier by : multipliers) {
      for (const std::int32_t x : interesting_values()) {
        if (std::llabs(std::int64_t{x}) << std::max(by.shift, 0) >= std::int64_t{1} << 31) continue;
        for (const Rounding rounding : both_roundings) {
          CAPTURE(x);
          CAPTURE(by.m);
          CAPTURE(by.shift);
          REQUIRE(multiply_by_quantized_multiplier(x, by, rounding) ==
                  rescaled(x, by.m, by.shift, rounding));
        }
      }
    }
  }

  TEST_CASE("ties: single rounding goes up, double rounding away from zero") {
    // 2^-20, the output multiplier of an ADD with equal scales.
    const Multiplier by = quantize_multiplier(std::ldexp(1.0, -20), Rounding::single_rounding);
    CHECK(by == Multiplier{1 << 30, -19});
    for (const std::int32_t odd : {-3, -1, 1, 3}) {
      const std::int32_t tie = odd * (1 << 19);
      CHECK(multiply_by_quantized_multiplier(tie, by, Rounding::single_rounding) == (odd + 1) / 2);
      CHECK(multiply_by_quantized_multiplier(tie, by, Rounding::double_rounding) ==
            (odd > 0 ? (odd + 1) / 2 : (odd - 1) / 2));
    }
  }

  TEST_CASE("quantize_multiplier") {
    for (const Rounding r : both_roundings) {
      CHECK(quantize_multiplier(0.0, r) == Multiplier{0, 0});
      CHECK(quantize_multiplier(1.0, r) == Multiplier{1 << 30, 1});
      CHECK(quantize_multiplier(0.75, r) == Multiplier{1610612736, 0});
      CHECK(quantize_multiplier(std::nextafter(1.0, 0.0), r) == Multiplier{1 << 30, 1});
      CHECK(quantize_multiplier(std::ldexp(1.0, -32), r) == Multiplier{1 << 30, -31});
      CHECK(quantize_multiplier(std::ldexp(0.9, -32), r) == Multiplier{0, 0});
      // Halves of a unit in the last place of m round away from zero.
      CHECK(quantize_multiplier(0.5 + std::ldexp(1.0, -32), r) == Multiplier{(1 << 30) + 1, 0});
    }
    CHECK(quantize_multiplier(std::ldexp(1.0, 31), Rounding::single_rounding) ==
          Multiplier{greatest, 30});
    CHECK(quantize_multiplier(std::ldexp(1.0, 31), Rounding::double_rounding) ==
          Multiplier{1 << 30, 32});
  }

  TEST_CASE("clamp_to_int8") {
    for (int v = -1000; v <= 1000; ++v) CHECK(clamp_to_int8(v) == saturated(v));
    CHECK(clamp_to_int8(least) == -128);
    CHECK(clamp_to_int8(greatest) == 127);
  }

  TEST_CASE("fixed-point functions stay close to the real ones") {
    const double one = 2147483648.0;
    for (int i = 0; i <= 1000; ++i) {
      const auto q5 = static_cast<std::int32_t>(-i * 2000000);
      const double real = std::exp(q5 / std::ldexp(1.0, 26));
      CHECK(std::fabs(exp_on_negative_values(q5, 5) / one - real) < 1e-6);
      const auto z = static_cast<std::int32_t>((i - 500) * 4000000);
      const double x = z / std::ldexp(1.0, 27);
      CHECK(std::fabs(logistic_q4(z) / one - 1.0 / (1.0 + std::exp(-x))) < 1e-6);
      CHECK(std::fabs(tanh_q4(z) / one - std::tanh(x)) < 1e-6);
      const auto a = static_cast<std::int32_t>(i * 2147483);
      CHECK(std::fabs(one_over_one_plus(a) / one - 1.0 / (1.0 + a / one)) < 1e-6);
    }
    CHECK(exp_on_negative_values(0, 5) == greatest);
    CHECK(shift_left_saturating(1 << 29, 2) == greatest);
    CHECK(shift_left_saturating(-(1 << 29) - 1, 2) == least);
    CHECK(shift_left_saturating(-3, 2) == -12);
  }
}
