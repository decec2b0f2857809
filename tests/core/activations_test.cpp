// Activations other than relu: values against the C library, gradients, threads.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/core/op_checks.h"
#include "tests/function_list.h"

namespace octet::test {
namespace {

struct Activation {
  const char* name;
  Var (*record)(Var);
  double (*value)(double);
  double lowest = -100, highest = 100;
};

const std::vector<Activation>& activations() {
  static const std::vector<Activation> all = [] {
    std::vector<Activation> list{
        {"minus", [](Var x) { return -x; }, [](double x) { return -x; }},
        {"leaky_relu", [](Var x) { return leaky_relu(x, real(0.1)); },
         [](double x) { return x < 0 ? double{real(0.1)} * x : x; }},
    };
    const auto add = [&](const char* name, Var (*record)(Var)) {
      const RealFunction& f = real_function(name);
      list.push_back({name, record, f.of, f.lowest, f.highest});
    };
#define OCTET_ACTIVATION(Name, function, op) add(#function, octet::function);
#include "core/ops/activations.inc"
    return list;
  }();
  return all;
}

/// Of any x: a function of positive values is taken at x^2 + 1/4.
Var record_anywhere(const Activation& a, Var x) {
  return a.record(a.lowest < 0 ? x : x * x + real(0.25));
}

}  // namespace

TEST_SUITE("core activations") {
  TEST_CASE("values, from far below to far above") {
    std::vector<real> values;
    for (int i = -4000; i <= 4000; ++i) values.push_back(static_cast<real>(i) * real(0.0251));
    for (double tiny : {1e-30, 1e-7, 1e-4, 3e-3}) {
      values.push_back(static_cast<real>(tiny));
      values.push_back(static_cast<real>(-tiny));
    }
    const auto n = static_cast<std::int64_t>(values.size());
    Tape tape;
    const Var x = tape.input(Tensor::from<real>({n}, values));
    for (const Activation& a : activations()) {
      CAPTURE(a.name);
      const Tensor y = a.record(x).value();
      double worst = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const double at = double{values[static_cast<std::size_t>(i)]};
        if (at < a.lowest || at > a.highest) continue;
        const double expected = a.value(at);
        // Relative, but for results that are nothing beside the function's own size.
        const double error = std::fabs(double{y.r()[i]} - expected);
        worst = std::max(worst, error / std::max(std::fabs(expected), 1e-30));
        if (std::fabs(expected) < 1e-30) CHECK(error < 1e-30);
      }
      CHECK(worst < (sizeof(real) == 8 ? 1e-12 : 1e-5));
    }
  }

  TEST_CASE("infinities and NaN") {
    constexpr real inf = std::numeric_limits<real>::infinity();
    Tape tape;
    const Var high = tape.input(Tensor::full({1}, inf)), low = tape.input(Tensor::full({1}, -inf));
    CHECK(sigmoid(high).value().item() == 1);
    CHECK(sigmoid(low).value().item() < real(1e-30));
    CHECK(tanh(high).value().item() == doctest::Approx(1));
    CHECK(tanh(low).value().item() == doctest::Approx(-1));
    const Var nan = tape.input(Tensor::full({1}, std::numeric_limits<real>::quiet_NaN()));
    for (const Activation& a : activations()) {
      CAPTURE(a.name);
      CHECK(std::isnan(a.record(nan).value().item()));
    }
    CHECK(contains(error_of([&] { leaky_relu(high, inf); }), "finite alpha"));
  }

  TEST_CASE("prelu and softmax") {
    Tape tape;
    const std::vector<real> values = {1, -2, -3, 4, -5, -6}, alpha = {real(0.5), 2, -1};
    const Var x = tape.input(Tensor::from<real>({2, 3}, values));
    const Var a = tape.input(Tensor::from<real>({3}, alpha));
    CHECK(largest_error(prelu(x, a).value(), {1, -4, 3, 4, -10, 6}) == 0);
    CHECK(contains(error_of([&] { prelu(x, tape.input(Tensor::zeros({2}))); }),
                   "prelu: alpha: expected [3], got [2]"));
    const double s = std::exp(1.0) + std::exp(-2.0) + std::exp(-3.0);
    const double t = std::exp(4.0) + std::exp(-5.0) + std::exp(-6.0);
    CHECK(largest_error(softmax(x).value(),
                        {std::exp(1.0) / s, std::exp(-2.0) / s, std::exp(-3.0) / s,
                         std::exp(4.0) / t, std::exp(-5.0) / t, std::exp(-6.0) / t}) < 1e-7);
    const Var far = tape.input(Tensor::from<real>({1, 2}, std::vector<real>{1000, -1000}));
    CHECK(largest_error(softmax(far).value(), {1, 0}) == 0);
  }

  TEST_CASE("the same bits at 1, 2 and 5 threads") {
    const Tensor x = random_tensor({70, 40, 13}, 1);
    for (const Activation& a : activations()) {
      check_threads(a.name, {x}, [&](std::span<const Var> v) { return record_anywhere(a, v[0]); });
    }
    check_threads("prelu", {x, random_tensor({13}, 2)},
                  [](std::span<const Var> v) { return prelu(v[0], v[1]); });
    check_threads("softmax", {x}, [](std::span<const Var> v) { return softmax(v[0]); });
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients of activations") {
    const Tensor x = spread_tensor({5, 2, 40}, 1);  // -6 to 6 and beyond, off the kinks
    for (const Activation& a : activations()) {
      check_gradient(a.name, {x}, [&](std::span<const Var> v) { return record_anywhere(a, v[0]); });
    }
    check_gradient("prelu", {spread_tensor({5, 2, 4}, 2), random_tensor({4}, 3)},
                   [](std::span<const Var> v) { return prelu(v[0], v[1]); });
    check_gradient("softmax", {random_tensor({3, 5}, 4)},
                   [](std::span<const Var> v) { return softmax(v[0]); });
  }
#endif
}

}  // namespace octet::test
