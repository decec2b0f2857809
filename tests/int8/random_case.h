// Random graphs of one operator: options, shapes, scales and zero points from the whole range that
// the format allows, and a check on every ISA against an independent reference.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "tests/address_sanitizer.h"
#include "tests/int8/index.h"
#include "tests/int8/isas.h"
#include "tests/int8/op_reference.h"
#include "tests/support.h"

namespace octet::test {

class RandomCase : public Builder {
 public:
  /// What output `0` should be for one sample of every computed int8 input.
  using Expected = std::function<Codes(const std::vector<Codes>&)>;

  RandomCase(std::uint64_t suite, int number)
      : rng(test::rng(suite * 100003 + static_cast<std::uint64_t>(number))) {
    rounding = pick(0, 1) ? int8::Rounding::single_rounding : int8::Rounding::double_rounding;
  }

  std::mt19937_64 rng;
  int8::Rounding rounding;

  int pick(int lo, int hi) {
    return lo + static_cast<int>(rng() % static_cast<unsigned>(hi - lo + 1));
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  /// Sizes at which kernels change from blocks to remainders are frequent.
  int size(int most) {
    const int edges[] = {1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65};
    const int edge = edges[static_cast<std::size_t>(pick(0, 11))];
    return chance(40) && edge <= most ? edge : pick(1, most);
  }
  /// `rank` dimensions with at most a few thousand elements, the last of any size up to 70.
  Dims dims(int rank) {
    Dims d;
    for (int i = 0; i < rank; ++i)
      d.push_back(i + 1 == rank ? size(70) : pick(1, rank > 4 ? 3 : 5));
    return d;
  }
  int zero_point() {
    const int extremes[] = {-128, 127, 0};
    return chance(40) ? extremes[static_cast<std::size_t>(pick(0, 2))] : pick(-128, 127);
  }
  /// 2^lo to 2^hi; a power of two, for ties, every third time.
  float scale(double lo, double hi) {
    const double u = static_cast<double>(rng() >> 11) / 9007199254740992.0;
    const double e = lo + (hi - lo) * u;
    return static_cast<float>(std::exp2(chance(33) ? std::round(e) : e));
  }
  reference::Params params(double lo = -8, double hi = 0) { return {scale(lo, hi), zero_point()}; }
  int8::Activation activation() { return static_cast<int8::Activation>(pick(0, 3)); }

  /// Random codes; often all at one end or only at the ends.
  Codes codes(std::int64_t n) {
    Codes c = random_codes(rng, n);
    const int kind = pick(0, 9);
    for (std::int8_t& q : c) {
      if (kind == 0) q = -128;
      if (kind == 1) q = 127;
      if (kind == 2) q = q < 0 ? std::int8_t{-128} : std::int8_t{127};
    }
    return c;
  }
  Codes weights(std::int64_t n) {
    Codes c = codes(n);
    for (std::int8_t& q : c) q = std::max<std::int8_t>(q, -127);
    return c;
  }

  int value(const Dims& shape, reference::Params p) { return i8(shape, p.s, p.z); }
  int fixed(const Dims& shape, const Codes& c, reference::Params p) {
    return constant(shape, c, {p.s}, p.z);
  }

  /// Runs the graph on every ISA, on a batch of two and of one, and compares with the reference.
  void check(const std::vector<int>& inputs, const std::vector<int>& outputs,
             const Expected& expected) {
    const int8::Graph g = done(inputs, outputs, rounding);
    std::vector<Codes> first, both;
    for (const int t : inputs) {
      first.push_back(codes(count_of((*this)[t].shape)));
      both.push_back(first.back());
    }
    std::vector<Codes> second;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      second.push_back(codes(static_cast<std::int64_t>(first[i].size())));
      both[i].insert(both[i].end(), second[i].begin(), second[i].end());
    }
    const Codes y0 = expected(first), y1 = expected(second);
    Codes y = y0;
    y.insert(y.end(), y1.begin(), y1.end());
    for (const int8::Isa isa : octet::test::isas_under_test()) {
      const int8::Model model(g, {.isa = isa, .ops = &int8::all_ops()});
      CAPTURE(std::string(int8::op_name(g.nodes[0].op)));
      CAPTURE(std::string(int8::isa_name(isa)));
      CHECK(first_difference(run_model(model, both, {.batch = 2, .threads = 2}), y) == -1);
      CHECK(first_difference(run_model(model, first, {.keep_values = true}), y0) == -1);
    }
  }
};

/// Runs `body` on `n` random cases, on the first third of them under the address sanitizer, which
/// is slow; the number of a failing one is printed.
inline void random_cases(std::uint64_t suite, int n, const std::function<void(RandomCase&)>& body) {
  if (address_sanitizer) n = (n + 2) / 3;
  for (int i = 0; i < n; ++i) {
    CAPTURE(suite);
    CAPTURE(i);
    RandomCase c(suite, i);
    body(c);
  }
}

}  // namespace octet::test
