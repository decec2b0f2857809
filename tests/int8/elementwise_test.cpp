// SIMD kernels of ADD, SUB, tables and QUANTIZE against the portable ones: tolerance zero, every
// length and alignment, guard bytes, every code.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "int8/kernels/dispatch.h"
#include "int8/reference/add.h"
#include "int8/reference/quantize.h"
#include "int8/reference/tables/table.h"
#include "tests/int8/build.h"
#include "tests/int8/isas.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

constexpr std::int8_t guard = 85;

/// Lengths around the kernels' blocks.
const std::vector<std::int64_t> lengths{0,  1,  7,  15, 16,  17,  31,  32,
                                        33, 63, 64, 65, 127, 200, 1000};

/// Runs `kernel(y)` on guarded memory and compares with `expected`.
template <class F>
void check_kernel(const Codes& expected, std::size_t offset, const F& kernel) {
  Codes y(offset + expected.size() + 1, guard);
  kernel(y.data() + offset);
  CHECK(y.back() == guard);
  if (offset > 0) CHECK(y[offset - 1] == guard);
  const auto from = y.begin() + static_cast<std::ptrdiff_t>(offset);
  CHECK(std::equal(expected.begin(), expected.end(), from));
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("ADD and SUB kernels") {
    std::mt19937_64 rng = octet::test::rng(9);
    const auto scale = [&](double lo, double hi) {
      const double u = static_cast<double>(rng() >> 11) / 9007199254740992.0;
      return static_cast<float>(std::exp2(lo + (hi - lo) * u));
    };
    for (int n = 0; n < 400; ++n) {
      const bool ties = n % 3 == 0;  // powers of two
      const float s1 = ties ? 0.25f : scale(-12, 2);
      const float s2 = ties ? std::ldexp(0.25f, -static_cast<int>(rng() % 4)) : scale(-12, 2);
      // Up to 2^18 times smaller than the inputs, and up to 2^12 times larger.
      const float so =
          ties ? std::ldexp(0.25f, static_cast<int>(rng() % 4)) : std::max(s1, s2) * scale(-16, 12);
      const auto zero = [&] { return static_cast<int>(rng() % 256) - 128; };
      const Rounding rounding = n % 2 ? Rounding::single_rounding : Rounding::double_rounding;
      const auto make = rng() % 2 ? make_add_params : make_sub_params;
      const auto activation = static_cast<Activation>(rng() % 4);
      const AddParams p = make(s1, zero(), s2, zero(), so, zero(), activation, rounding);
      const Codes a = random_codes(rng, 2000), b = random_codes(rng, 2000);
      const std::int64_t length = lengths[static_cast<std::size_t>(n) % lengths.size()];
      Codes expected(static_cast<std::size_t>(length));
      add(p, a.data() + 1, b.data() + 3, expected.data(), length);
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(n);
        CAPTURE(length);
        CAPTURE(isa_name(isa));
        check_kernel(expected, static_cast<std::size_t>(n % 5), [&](std::int8_t* y) {
          add_kernel(isa)(p, a.data() + 1, b.data() + 3, y, length);
        });
      }
    }
  }

  TEST_CASE("ADD kernels on every pair of codes, in place") {
    Codes a, b;
    for (int i = 0; i < 65536; ++i) {
      a.push_back(static_cast<std::int8_t>(i >> 8));
      b.push_back(static_cast<std::int8_t>(i));
    }
    for (const Rounding r : {Rounding::single_rounding, Rounding::double_rounding}) {
      const AddParams p = make_add_params(0.5f, -128, 0.5f, 127, 1.0f, 0, Activation::none, r);
      Codes expected(a.size());
      add(p, a.data(), b.data(), expected.data(), 65536);
      for (const Isa isa : octet::test::isas_under_test()) {
        Codes y = a, z = b;
        add_kernel(isa)(p, y.data(), b.data(), y.data(), 65536);
        add_kernel(isa)(p, a.data(), z.data(), z.data(), 65536);
        CAPTURE(isa_name(isa));
        CHECK(first_difference(y, expected) == -1);
        CHECK(first_difference(z, expected) == -1);
      }
    }
  }

  TEST_CASE("ADD and SUB kernels on every pair of codes, on scales of real models") {
    Codes first, second;  // 65,536 in one call: long enough to give up shortcuts that rarely hold
    for (const std::int8_t a : all_codes()) {
      for (const std::int8_t b : all_codes()) {
        first.push_back(a);
        second.push_back(b);
      }
    }
    const auto count = static_cast<std::int64_t>(first.size());
    std::mt19937_64 rng = octet::test::rng(12);
    const auto between = [&](double lo, double hi) {
      return lo + (hi - lo) * (static_cast<double>(rng() >> 11) / 9007199254740992.0);
    };
    int shortcuts = 0;
    for (int n = 0; n < 60; ++n) {
      CAPTURE(n);
      const auto s1 = static_cast<float>(std::exp2(between(-8, 0)));
      const auto ratio = std::exp2(n % 5 == 0 ? std::round(between(-3, 3)) : between(-5, 5));
      const bool ties = n % 10 == 9;  // the exact sum lies between two codes, half of the time
      const auto s2 = ties || n % 7 == 0 ? s1 : static_cast<float>(s1 * ratio);
      const auto so =
          ties ? 2 * s1 : static_cast<float>(std::max(s1, s2) * std::exp2(between(-2, 2)));
      const auto zero = [&] { return static_cast<int>(rng() % 256) - 128; };
      const auto make = n % 3 ? make_add_params : make_sub_params;
      const AddParams p = make(s1, zero(), s2, zero(), so, zero(), Activation::none,
                               n % 2 ? Rounding::single_rounding : Rounding::double_rounding);
      shortcuts += p.shortcut.bits > 0;
      Codes expected(first.size());
      add(p, first.data(), second.data(), expected.data(), count);
      for (const Isa isa : octet::test::isas_under_test()) {
        Codes y(first.size());
        add_kernel(isa)(p, first.data(), second.data(), y.data(), count);
        CAPTURE(isa_name(isa));
        CHECK(octet::test::first_difference(y, expected) == -1);
      }
    }
    CHECK(shortcuts > 50);
  }

  TEST_CASE("table kernels: every code at every length") {
    std::mt19937_64 rng = octet::test::rng(10);
    const Table table =
        tabulate([&](int) { return static_cast<std::int8_t>(rng() >> 56); }).table();
    for (const std::int64_t length : lengths) {
      Codes x = random_codes(rng, length + 9);
      for (std::size_t i = 0; i < std::min<std::size_t>(256, x.size()); ++i) {
        x[i] = static_cast<std::int8_t>(i);
      }
      Codes expected;
      for (std::int64_t i = 0; i < length; ++i) {
        expected.push_back(table[static_cast<std::size_t>(x[static_cast<std::size_t>(i)] + 128)]);
      }
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(length);
        CAPTURE(isa_name(isa));
        check_kernel(expected, 3,
                     [&](std::int8_t* y) { lookup_kernel(isa)(table, x.data(), y, length); });
        Codes in_place = x;
        lookup_kernel(isa)(table, in_place.data(), in_place.data(), length);
        CHECK(std::equal(expected.begin(), expected.end(), in_place.begin()));
      }
    }
  }

  TEST_CASE("QUANTIZE kernels: ties, their neighbours, infinities, NaN, any bits") {
    std::mt19937_64 rng = octet::test::rng(11);
    for (const float scale : {0.5f, 1.0f, 0.1f, 0.0039f, 3e30f, 1e-37f}) {
      for (const std::int32_t zero_point : {-128, 0, 5, 127}) {
        std::vector<float> x{0.0f, -0.0f, INFINITY, -INFINITY, NAN, 3e38f, -3e38f, 1e-40f};
        for (int k = -300; k <= 300; ++k) {
          const float tie = (static_cast<float>(k) + 0.5f) * scale;
          for (const float v : {tie, std::nextafter(tie, 0.0f), std::nextafter(tie, INFINITY)}) {
            x.push_back(v);
          }
        }
        for (int i = 0; i < 2000; ++i) {
          x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(rng())));
        }
        Codes expected(x.size());
        const auto n = static_cast<std::int64_t>(x.size());
        quantize(x.data(), scale, zero_point, expected.data(), n);
        for (const Isa isa : octet::test::isas_under_test()) {
          CAPTURE(isa_name(isa));
          CAPTURE(scale);
          check_kernel(expected, 1, [&](std::int8_t* y) {
            quantize_kernel(isa)(x.data(), scale, zero_point, y, n);
          });
        }
      }
    }
  }
}
