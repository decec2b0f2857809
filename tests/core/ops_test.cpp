// Linear, activations, add, reshape, batch norm and cross entropy.
#include <doctest/doctest.h>

#include "tests/core/op_checks.h"

namespace octet::test {
namespace {

std::shared_ptr<BatchNormStats> new_stats(std::int64_t channels) {
  return std::make_shared<BatchNormStats>(
      BatchNormStats{Tensor::zeros({channels}), Tensor::full({channels}, 1)});
}

}  // namespace

TEST_SUITE("core ops") {
  TEST_CASE("linear equals the naive loops") {
    struct Case {
      Shape x;
      std::int64_t outputs;
    };
    const std::vector<Case> table = {{{1, 1}, 1},     {{3, 5}, 7},    {{2, 3, 4}, 6},
                                     {{65, 130}, 70}, {{300, 9}, 33}, {{4, 257}, 1100},
                                     {{7}, 3}};
    for (const Case& c : table) {
      const Shape& shape = c.x;
      const std::int64_t outputs = c.outputs;
      CAPTURE(shape.to_string());
      Tape tape;
      const Tensor x = random_tensor(shape, 1), w = random_tensor({outputs, shape[-1]}, 2);
      const Tensor b = random_tensor({outputs}, 3);
      const Var vx = tape.input(x), vw = tape.input(w);
      const Var y = linear(vx, vw, tape.input(b));
      Shape out = shape;
      out.set(-1, outputs);
      CHECK(y.shape() == out);
      CHECK(largest_error(y.value(), naive::linear(x, w, b)) < tolerance);
      CHECK(largest_error(linear(vx, vw).value(), naive::linear(x, w, {})) < tolerance);
    }
  }

  TEST_CASE("activations") {
    Tape tape;
    const std::vector<real> values = {-7, -0.5, 0, 0.25, 5.5, 6, 9};
    const Var x = tape.input(Tensor::from<real>({7}, values));
    const std::vector<double> r = {0, 0, 0, 0.25, 5.5, 6, 9}, r6 = {0, 0, 0, 0.25, 5.5, 6, 6};
    CHECK(largest_error(relu(x).value(), r) == 0);
    CHECK(largest_error(relu6(x).value(), r6) == 0);
    const Var nan = tape.input(Tensor::full({1}, std::numeric_limits<real>::quiet_NaN()));
    CHECK(std::isnan(relu(nan).value().item()));
    CHECK(std::isnan(relu6(nan).value().item()));
  }

  TEST_CASE("reshape keeps the batch and shares storage") {
    Tape tape;
    const Var x = tape.input(random_tensor({2, 3, 4, 5}, 1));
    CHECK(flatten(x).shape() == Shape({2, 60}));
    CHECK(reshape(x, {5, -1, 2}).shape() == Shape({2, 5, 6, 2}));
    CHECK(flatten(x).value().shares_storage(x.value()));
    CHECK(contains(error_of([&] { reshape(x, {7, -1}); }), "do not divide into 7"));
    CHECK(contains(error_of([&] { reshape(x, {-1, -1}); }), "at most one -1"));
    CHECK(contains(error_of([&] { reshape(x, {59}); }), "expected 59 values a sample, got 60"));
    CHECK(contains(error_of([&] { reshape(x, {0}); }), "extents > 0"));
  }

  TEST_CASE("batch norm: batch statistics, running statistics and evaluation") {
    Context ctx;
    const std::int64_t c = 5, rows = 3 * 4 * 7;
    const Tensor x = random_tensor({3, 4, 7, c}, 1), gamma = random_tensor({c}, 2);
    const Tensor beta = random_tensor({c}, 3);
    auto stats = new_stats(c);
    std::vector<double> expected(static_cast<std::size_t>(x.numel()));
    std::vector<double> running_mean, running_var, evaluated = expected;
    for (std::int64_t k = 0; k < c; ++k) {
      double mean = 0, var = 0;
      for (std::int64_t r = 0; r < rows; ++r) mean += double{x.r()[r * c + k]} / rows;
      for (std::int64_t r = 0; r < rows; ++r)
        var += std::pow(double{x.r()[r * c + k]} - mean, 2) / rows;
      running_mean.push_back(0.25 * mean);
      running_var.push_back(0.75 + 0.25 * var * rows / (rows - 1));
      for (std::int64_t r = 0; r < rows; ++r) {
        const auto i = static_cast<std::size_t>(r * c + k);
        const double g = gamma.r()[k], b = beta.r()[k], v = x.r()[i];
        expected[i] = g * (v - mean) / std::sqrt(var + 1e-3) + b;
        evaluated[i] = g * (v - running_mean.back()) / std::sqrt(running_var.back() + 1e-3) + b;
      }
    }
    Tape tape(ctx);
    const auto record = [&] {
      return batch_norm(tape.input(x), tape.input(gamma), tape.input(beta), stats, real(1e-3),
                        real(0.25));
    };
    CHECK(largest_error(record().value(), expected) < tolerance);
    CHECK(largest_error(stats->mean, running_mean) < tolerance);
    CHECK(largest_error(stats->var, running_var) < tolerance);
    ctx.training = false;
    CHECK(largest_error(record().value(), evaluated) < tolerance);
    CHECK(largest_error(stats->mean, running_mean) < tolerance);  // evaluation changes nothing
  }

  TEST_CASE("cross entropy") {
    Tape tape;
    const std::vector<real> logits = {1, 2, 0.5, 1000, -1000, 0};
    const std::vector<std::int32_t> labels = {2, 0};
    const Var loss = cross_entropy(tape.input(Tensor::from<real>({2, 3}, logits)),
                                   Tensor::from<std::int32_t>({2}, labels));
    const double first = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(0.5)) - 0.5;
    CHECK(double{loss.value().item()} == doctest::Approx(first / 2).epsilon(1e-6));
    const std::vector<std::int32_t> bad = {2, 3};
    const auto wrong = [&](const Tensor& l) {
      return error_of([&] { cross_entropy(tape.input(Tensor::zeros({2, 3})), l); });
    };
    CHECK(contains(wrong(Tensor::from<std::int32_t>({2}, bad)),
                   "label of sample 1: expected 0 to 2, got 3"));
    CHECK(contains(wrong(Tensor::zeros({3}, ElementType::i32)), "expected i32 [2], got i32 [3]"));
    CHECK(contains(wrong(Tensor::zeros({2})), "expected i32 [2]"));
  }

  TEST_CASE("shape errors say op, operand, expected and got") {
    Context ctx;
    Tape tape(ctx);
    const Var a = tape.input(Tensor::zeros({2, 3})), b = tape.input(Tensor::zeros({3, 2}));
    const Var ints = tape.input(Tensor::zeros({2, 3}, ElementType::i32));
    const int nodes = tape.size();
    CHECK(contains(error_of([&] { a + b; }), "add: shapes [2, 3] and [3, 2] do not broadcast"));
    CHECK(contains(error_of([&] { relu(ints); }), "relu: x: expected f"));
    CHECK(contains(error_of([&] { linear(a, b); }), "linear: x: expected [..., 2]"));
    CHECK(contains(error_of([&] { linear(a, a, b); }), "linear: b: expected [2], got [3, 2]"));
    const Var three = tape.input(Tensor::zeros({3}));
    CHECK(contains(error_of([&] { batch_norm(a, three, three, new_stats(4)); }),
                   "batch_norm: running mean: expected [3], got [4]"));
    const Var one = tape.input(Tensor::zeros({1, 3}));
    CHECK(contains(error_of([&] { batch_norm(one, three, three, new_stats(3)); }),
                   "more than one value"));
    CHECK(tape.size() == nodes + 2);  // what threw left nothing behind
  }

  TEST_CASE("the same bits at 1, 2 and 5 threads") {
    const Tensor x = random_tensor({70, 40, 13}, 1), w = random_tensor({90, 13}, 2);
    const Tensor b = random_tensor({90}, 3), g = random_tensor({13}, 4), h = random_tensor({13}, 5);
    check_threads("linear", {x, w, b},
                  [](std::span<const Var> v) { return linear(v[0], v[1], v[2]); });
    check_threads("wide linear", {random_tensor({64, 700}, 6), random_tensor({500, 700}, 7)},
                  [](std::span<const Var> v) { return linear(v[0], v[1]); });
    check_threads("relu", {x}, [](std::span<const Var> v) { return relu(v[0]); });
    check_threads("relu6", {x}, [](std::span<const Var> v) { return relu6(v[0]); });
    check_threads("hard_tanh", {x}, [](std::span<const Var> v) { return hard_tanh(v[0]); });
    check_threads("add", {x, x}, [](std::span<const Var> v) { return v[0] + v[1]; });
    check_threads("batch norm", {x, g, h}, [](std::span<const Var> v) {
      return batch_norm(v[0], v[1], v[2], new_stats(13));
    });
    check_threads("batch norm and relu", {x, g, h}, [](std::span<const Var> v) {
      return relu(batch_norm(v[0], v[1], v[2], new_stats(13)));
    });
    check_threads("batch norm, addition and relu", {x, g, h, random_tensor(x.shape(), 8)},
                  [](std::span<const Var> v) {
                    return relu(batch_norm(v[0], v[1], v[2], new_stats(13)) + v[3]);
                  });
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients") {
    const Tensor x = spread_tensor({3, 2, 4}, 1), w = random_tensor({5, 4}, 2);
    const Tensor b = random_tensor({5}, 3);
    check_gradient("linear", {x, w, b}, [](auto v) { return linear(v[0], v[1], v[2]); });
    check_gradient("linear without bias", {x, w}, [](auto v) { return linear(v[0], v[1]); });
    check_gradient("relu", {x}, [](auto v) { return relu(v[0]); });
    check_gradient("relu6", {spread_tensor({600}, 4)}, [](auto v) { return relu6(v[0]); });
    check_gradient("hard_tanh", {spread_tensor({600}, 5)}, [](auto v) { return hard_tanh(v[0]); });
    check_gradient("add", {x, random_tensor(x.shape(), 5)}, [](auto v) { return v[0] + v[1]; });
    check_gradient("x + x", {x}, [](auto v) { return v[0] + v[0]; });
    check_gradient("reshape", {x}, [](auto v) { return reshape(v[0], {2, -1, 2}); });
    const Tensor labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{1, 0, 3});
    check_gradient("cross entropy", {random_tensor({3, 4}, 6)},
                   [&](auto v) { return cross_entropy(v[0], labels); });
  }

  TEST_CASE("gradients of batch norm, training and evaluation") {
    const Tensor x = random_tensor({4, 3, 5}, 1), gamma = random_tensor({5}, 2);
    const Tensor beta = random_tensor({5}, 3);
    auto stats = std::make_shared<BatchNormStats>(
        BatchNormStats{random_tensor({5}, 4), Tensor::full({5}, real(1.7))});
    const auto record = [&](std::span<const Var> v) {
      return batch_norm(v[0], v[1], v[2], stats, 1e-3, 0);
    };
    check_gradient("training", {x, gamma, beta}, record, true);
    check_gradient("evaluation", {x, gamma, beta}, record, false);
    check_gradient("gamma and beta the same value", {x, gamma},
                   [&](std::span<const Var> v) { return batch_norm(v[0], v[1], v[1], stats); });
  }

  TEST_CASE("gradients of batch norm and a clamp in the same pass") {
    const Tensor x = random_tensor({4, 3, 5, 5}, 1), gamma = random_tensor({5}, 2);
    const Tensor beta = random_tensor({5}, 3);
    auto stats = std::make_shared<BatchNormStats>(
        BatchNormStats{random_tensor({5}, 4), Tensor::full({5}, real(0.05))});
    for (const bool training : {true, false}) {
      const auto check = [&](const char* what, Var (*clamp)(Var)) {
        check_gradient(
            what, {x, gamma, beta},
            [&](std::span<const Var> v) {
              return clamp(batch_norm(v[0], v[1], v[2], stats, 1e-3, 0));
            },
            training);
      };
      check("relu", relu);
      check("relu6", relu6);
      check("hard_tanh", hard_tanh);
    }
    for (const bool training : {true, false}) {
      const auto check = [&](const char* what, Var (*behind)(Var, Var)) {
        check_gradient(
            what, {x, gamma, beta, random_tensor(x.shape(), 6)},
            [&](std::span<const Var> v) {
              return behind(batch_norm(v[0], v[1], v[2], stats, 1e-3, 0), v[3]);
            },
            training);
      };
      check("sum", [](Var n, Var v) { return n + v; });
      check("sum and relu", [](Var n, Var v) { return relu(v + n); });
      check("sum and relu6", [](Var n, Var v) { return relu6(n + v); });
      check("sum and hard_tanh", [](Var n, Var v) { return hard_tanh(n + v); });
      check("sum read twice", [](Var n, Var v) {
        const Var s = n + v;
        return relu(s) * s + n;
      });
    }
    check_gradient("sum of two batch norms", {x, gamma, beta}, [&](std::span<const Var> v) {
      const Var n = batch_norm(v[0], v[1], v[2], stats, 1e-3, 0);
      return relu(n + batch_norm(v[0], v[2], v[1], stats, 1e-3, 0));
    });
    check_gradient("sum with its input, and with itself", {x, gamma, beta},
                   [&](std::span<const Var> v) {
                     const Var n = batch_norm(v[0], v[1], v[2], stats, 1e-3, 0);
                     return relu(n + v[0]) + relu(n + n);
                   });
    check_gradient("sum that broadcasts", {x, gamma, beta, random_tensor({4, 1, 1, 5}, 7)},
                   [&](std::span<const Var> v) {
                     return relu(batch_norm(v[0], v[1], v[2], stats, 1e-3, 0) + v[3]);
                   });
    check_gradient("two readers", {x, gamma, beta}, [&](std::span<const Var> v) {
      const Var n = batch_norm(v[0], v[1], v[2], stats, 1e-3, 0);
      return relu(n) * hard_tanh(n) + n;
    });
  }
#endif
}

}  // namespace octet::test
