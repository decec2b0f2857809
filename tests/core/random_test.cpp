// Counter-based random numbers: reproducible, independent streams, right distributions.
#include <doctest/doctest.h>

#include <set>

#include "core/random.h"
#include "tests/core/naive.h"

namespace octet::test {

TEST_SUITE("core random") {
  TEST_CASE("numbers are a function of seed, stream and index") {
    Random a(1, 2), b(1, 2, 3);
    a.next_u64();
    a.uniform();
    a.normal();
    CHECK(a.index() == 3);
    CHECK(a.next_u64() == b.next_u64());
    CHECK(b.index() == 4);
    CHECK(random_u64(1, 2, 3) == Random(1, 2, 3).next_u64());
  }

  TEST_CASE("stored values: the same on every machine") {
    CHECK(random_u64(0, 0, 0) == 0x425c6e8a382701a7u);
    CHECK(random_u64(1, 2, 3) == 0x334bc60dee780b33u);
    CHECK(Random(1, 2, 3).normal() == -0x1.ae3986f642143p-1);
  }

  TEST_CASE("neighbouring seeds, streams and indices differ") {
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
      for (std::uint64_t stream = 0; stream < 20; ++stream)
        for (std::uint64_t i = 0; i < 20; ++i) seen.insert(random_u64(seed, stream, i));
    CHECK(seen.size() == 8000);
  }

  TEST_CASE("neighbouring streams are uncorrelated") {
    for (auto [s, t] : {std::pair{0, 1}, {1, 2}, {7, 1 << 20}}) {
      Random a(5, static_cast<std::uint64_t>(s)), b(5, static_cast<std::uint64_t>(t));
      double sum = 0;
      for (int i = 0; i < 20000; ++i) sum += a.normal() * b.normal();
      CHECK(std::fabs(sum / 20000) < 5 / std::sqrt(20000.0));
    }
  }

  TEST_CASE("uniform: range, mean and bins") {
    Random random(3);
    int bins[16] = {};
    double sum = 0;
    constexpr int n = 32000;
    for (int i = 0; i < n; ++i) {
      const double u = random.uniform();
      REQUIRE(u >= 0);
      REQUIRE(u < 1);
      sum += u;
      ++bins[static_cast<int>(u * 16)];
    }
    CHECK(sum / n == doctest::Approx(0.5).epsilon(0.01));
    double chi2 = 0;
    for (int b : bins) chi2 += (b - 2000.0) * (b - 2000.0) / 2000;
    CHECK(chi2 < 37.7);  // 15 degrees of freedom: one in a thousand
  }

  TEST_CASE("normal: moments and tails") {
    Random random(4);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    int beyond2 = 0;
    constexpr int n = 40000;
    for (int i = 0; i < n; ++i) {
      const double v = random.normal();
      m1 += v / n;
      m2 += v * v / n;
      m3 += v * v * v / n;
      m4 += v * v * v * v / n;
      beyond2 += std::fabs(v) > 2;
    }
    CHECK(std::fabs(m1) < 0.025);
    CHECK(m2 == doctest::Approx(1).epsilon(0.035));
    CHECK(std::fabs(m3) < 0.1);
    CHECK(m4 == doctest::Approx(3).epsilon(0.1));
    CHECK(beyond2 / double{n} == doctest::Approx(0.0455).epsilon(0.12));
  }

  TEST_CASE("below is unbiased") {
    Random random(6);
    int count[3] = {};
    for (int i = 0; i < 30000; ++i) ++count[random.below(3)];
    for (int c : count) CHECK(std::abs(c - 10000) < 400);
    // With a third of 2^64 rejected, plain remainders would favour the low half.
    const std::uint64_t n = (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62);
    int low = 0;
    for (int i = 0; i < 4000; ++i) low += random.below(n) < n / 2;
    CHECK(std::abs(low - 2000) < 200);
  }

  TEST_CASE("shuffle is a permutation and reaches every order") {
    std::set<std::vector<int>> orders;
    for (std::uint64_t i = 0; i < 200; ++i) {
      std::vector<int> v = {0, 1, 2, 3};
      Random(9, i).shuffle(std::span<int>(v));
      orders.insert(v);
      std::ranges::sort(v);
      CHECK(v == std::vector<int>{0, 1, 2, 3});
    }
    CHECK(orders.size() == 24);
  }
}

}  // namespace octet::test
