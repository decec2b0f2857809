// Losses: values, errors, gradients.
#include <doctest/doctest.h>

#include <cmath>

#include "core/ops/huber.h"
#include "tests/core/op_checks.h"

namespace octet::test {
namespace {

Tensor of(const Shape& shape, const std::vector<real>& values) {
  return Tensor::from<real>(shape, values);
}

double value_of(Var v) {
  return double{v.value().item()};
}

}  // namespace

TEST_SUITE("core losses") {
  TEST_CASE("cross entropy with label smoothing and class weights, as PyTorch defines it") {
    Tape tape;
    const Var x = tape.input(of({2, 3}, {1, 2, real(0.5), -1, 0, 3}));
    const Tensor labels = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{2, 0});
    const Tensor weights = of({3}, {1, 2, 4});
    double expected = 0;
    const double logits[2][3] = {{1, 2, 0.5}, {-1, 0, 3}}, w[3] = {1, 2, 4};
    for (int n = 0; n < 2; ++n) {
      const int label = n == 0 ? 2 : 0;
      double sum = 0;
      for (double v : logits[n]) sum += std::exp(v);
      for (int k = 0; k < 3; ++k) {
        const double t = (k == label ? 0.7 : 0) + 0.1;
        expected += t * w[k] * (std::log(sum) - logits[n][k]);
      }
    }
    expected /= 4 + 1;
    CHECK(value_of(cross_entropy(x, labels, {0.3, weights})) ==
          doctest::Approx(expected).epsilon(1e-6));
    CHECK(contains(error_of([&] {
                     cross_entropy(x, labels, {0.3, of({2}, {1, 1})});
                   }),
                   "class_weights: expected [3], got [2]"));
    CHECK(contains(error_of([&] { cross_entropy(x, labels, {1.0, {}}); }), "in [0, 1), got 1"));
    CHECK(contains(error_of([&] {
                     cross_entropy(x, labels, {0, of({3}, {1, -1, 1})});
                   }),
                   "finite and >= 0, got -1"));
    CHECK(contains(error_of([&] {
                     cross_entropy(x, labels, {0, of({3}, {0, 0, 0})});
                   }),
                   "class_weights: expected one above 0"));
    CHECK(contains(error_of([&] {
                     cross_entropy(x, labels, {0, {}, -1});
                   }),
                   "finite divisor >= 0, got -1"));
  }

  TEST_CASE("cross entropy: a batch whose labels all have weight 0 counts for nothing") {
    const Tensor labels = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{2, 0});
    for (const double smoothing : {0.0, 0.3}) {
      CAPTURE(smoothing);
      Tape tape;
      const Var x = tape.input(of({2, 3}, {1, 2, real(0.5), -1, 0, 3}), true);
      const Var loss = cross_entropy(x, labels, {smoothing, of({3}, {0, 1, 0})});
      CHECK(value_of(loss) == 0);
      tape.backward(loss);
      for (const real g : tape.grad(x).span<real>()) CHECK(g == 0);
    }
  }

  TEST_CASE("cross entropy in parts with the divisor of the whole adds up to that of the whole") {
    const Tensor x = random_tensor({6, 4}, 1), weights = of({4}, {0.5, 1, 0, 3});
    const std::vector<std::int32_t> labels{1, 0, 3, 2, 2, 1};  // the middle part has weight 0
    const double divisor = label_weight(labels, weights);
    CHECK(divisor == 0.5 + 2 + 3);
    CHECK(label_weight(labels, {}) == 6);
    CHECK(contains(error_of([&] { label_weight(std::vector<std::int32_t>{4}, weights); }),
                   "expected 0 to 3, got 4"));
    for (const double smoothing : {0.0, 0.2}) {
      CAPTURE(smoothing);
      Tape whole;
      const Var all = whole.input(x, true);
      const Var loss =
          cross_entropy(all, Tensor::from<std::int32_t>({6}, labels), {smoothing, weights});
      whole.backward(loss);
      double sum = 0;
      std::int64_t at = 0;
      for (const std::int64_t n : {3, 2, 1}) {
        Tape tape;
        const auto rows = x.span<real>().subspan(static_cast<std::size_t>(4 * at),
                                                 static_cast<std::size_t>(4 * n));
        const Var part = tape.input(Tensor::from<real>({n, 4}, rows), true);
        const Tensor y = Tensor::from<std::int32_t>(
            {n},
            std::span(labels).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(n)));
        const Var part_loss = cross_entropy(part, y, {smoothing, weights, divisor});
        sum += value_of(part_loss);
        tape.backward(part_loss);
        for (std::int64_t i = 0; i < 4 * n; ++i) {
          CHECK(tape.grad(part).r()[i] == doctest::Approx(whole.grad(all).r()[4 * at + i]));
        }
        at += n;
      }
      CHECK(sum == doctest::Approx(value_of(loss)));
    }
  }

  TEST_CASE("cross entropy of pixels is that of rows, without those labelled -1") {
    const Tensor weights = of({3}, {1, 2, 4});
    const Tensor logits = random_tensor({2, 1, 3, 3}, 5);
    const Tensor masks =
        Tensor::from<std::int32_t>({2, 1, 3}, std::vector<std::int32_t>{2, -1, 0, 1, 1, -1});
    std::vector<real> rows;  // 0, 2, 3 and 4
    for (const int row : {0, 2, 3, 4})
      rows.insert(rows.end(), logits.r() + 3 * row, logits.r() + 3 * row + 3);
    Tape all_tape, some_tape;
    const Var all = all_tape.input(logits, true), some = some_tape.input(of({4, 3}, rows), true);
    const CrossEntropyOptions options{0.1, weights};
    const Var loss = cross_entropy(all, masks, options);
    const Var expected = cross_entropy(
        some, Tensor::from<std::int32_t>({4}, std::vector<std::int32_t>{2, 0, 1, 1}), options);
    CHECK(value_of(loss) == value_of(expected));
    all_tape.backward(loss);
    some_tape.backward(expected);
    const real *d = all_tape.grad(all).r(), *e = some_tape.grad(some).r();
    for (int k = 0; k < 3; ++k) {
      CHECK(d[k] == e[k]);
      CHECK(d[3 + k] == 0);  // row 1 does not count
      CHECK(d[6 + k] == e[3 + k]);
      CHECK(d[15 + k] == 0);
    }
    CHECK(label_weight(masks.span<std::int32_t>(), {}) == 4);
    CHECK(label_weight(masks.span<std::int32_t>(), weights) == 9);
    CHECK(contains(error_of([&] {
                     cross_entropy(all, masks.reshape({2, 3}));
                   }),
                   "labels: expected i32 [2, 1, 3], got i32 [2, 3]"));
  }

  TEST_CASE("a loss of many rows is the same at any number of threads") {
    const Tensor logits = random_tensor({5000, 3}, 6);
    Tensor labels = Tensor::empty({5000}, ElementType::i32);
    for (std::int32_t i = 0; i < 5000; ++i) labels.data<std::int32_t>()[i] = i % 4 - 1;
    const auto run = [&](int threads) {
      Context ctx(threads);
      Tape tape(ctx);
      const Var x = tape.input(logits, true);
      tape.backward(cross_entropy(x, labels));
      return tape.grad(x).clone();
    };
    CHECK(same_bits(run(1), run(3)));
  }

  TEST_CASE("Huber's loss is squared for small errors and linear for large ones") {
    Tape tape;
    const Var x = tape.input(of({2, 2}, {real(0.5), -2, 4, 0}), true);
    const Tensor t = of({2, 2}, {0, 0, 0, 0});
    const Var loss = huber_loss(x, t, 2);
    CHECK(value_of(loss) == doctest::Approx((0.125 + 2 + 2 * 3 + 0) / 4));
    tape.backward(loss);
    const std::vector<real> slopes{real(0.125), real(-0.5), real(0.5), 0};
    for (std::size_t i = 0; i < 4; ++i) CHECK(tape.grad(x).r()[i] == doctest::Approx(slopes[i]));
    CHECK(contains(error_of([&] { huber_loss(x, t, 0); }), "finite delta > 0, got 0"));
  }

  TEST_CASE("BCE, MSE, L1 and distillation by hand") {
    Tape tape;
    const Var x = tape.input(of({2, 2}, {real(0.5), -2, 100, -100}));
    const Tensor t = of({2, 2}, {1, real(0.25), 0, 0});
    const double bce =
        (std::log(1 + std::exp(-0.5)) +
         (0.25 * std::log(1 + std::exp(2.0)) + 0.75 * std::log(1 + std::exp(-2.0))) + 100 + 0) /
        4;
    CHECK(value_of(bce_with_logits(x, t)) == doctest::Approx(bce).epsilon(1e-6));
    const double squares = 0.25 + 5.0625 + 10000 + 10000;
    CHECK(value_of(mse_loss(x, t)) == doctest::Approx(squares / 4).epsilon(1e-6));
    CHECK(value_of(l1_loss(x, t)) == doctest::Approx((0.5 + 2.25 + 200) / 4).epsilon(1e-6));
    CHECK(contains(error_of([&] { mse_loss(x, Tensor::zeros({4})); }),
                   "mse: targets: expected [2, 2], got [4]"));

    const Var s = tape.input(of({1, 2}, {0, 2}));
    const Tensor teacher = of({1, 2}, {2, 0});
    const double p = 1 / (1 + std::exp(-1.0)), q = 1 - p;  // at T = 2
    const double kl = p * std::log(p / q) + q * std::log(q / p);
    CHECK(value_of(distillation_loss(s, teacher, 2)) == doctest::Approx(4 * kl).epsilon(1e-6));
    CHECK(value_of(distillation_loss(s, s.value(), 3)) == doctest::Approx(0));
    CHECK(contains(error_of([&] { distillation_loss(s, teacher, 0); }), "temperature > 0, got 0"));
  }

  TEST_CASE("the same loss at 1, 2 and 5 threads") {
    const Tensor x = random_tensor({50, 1000}, 1), t = random_tensor({50, 1000}, 2);
    for (const auto loss : {bce_with_logits, mse_loss, l1_loss}) {
      const auto run = [&](int threads) {
        Context ctx(threads);
        Tape tape(ctx);
        const Var v = tape.input(x, true);
        const Var y = loss(v, t);
        tape.backward(y);
        return std::pair(y.value(), tape.grad(v));
      };
      const auto one = run(1);
      for (int threads : {2, 5}) {
        const auto more = run(threads);
        CHECK(same_bits(one.first, more.first));
        CHECK(same_bits(one.second, more.second));
      }
    }
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients of losses") {
    const Tensor x = random_tensor({3, 4}, 1), t = random_tensor({3, 4}, 2);
    const Tensor labels = Tensor::from<std::int32_t>({3}, std::vector<std::int32_t>{1, 0, 3});
    const Tensor weights = of({4}, {0.5, 1, 0, 3});
    using Vars = std::span<const Var>;
    check_gradient("smoothed", {x}, [&](Vars v) { return cross_entropy(v[0], labels, {0.2, {}}); });
    check_gradient("weighted", {x}, [&](Vars v) {
      return cross_entropy(v[0], labels, {0, weights});
    });
    check_gradient("smoothed and weighted", {x}, [&](Vars v) {
      return cross_entropy(v[0], labels, {0.2, weights});
    });
    check_gradient("bce", {x}, [&](Vars v) { return bce_with_logits(v[0], t); });
    check_gradient("mse", {x}, [&](Vars v) { return mse_loss(v[0], t); });
    check_gradient("l1", {x}, [&](Vars v) { return l1_loss(v[0], t); });
    check_gradient("huber", {x}, [&](Vars v) { return huber_loss(v[0], t, 0.7); });
    const Tensor masks =
        Tensor::from<std::int32_t>({3, 2}, std::vector<std::int32_t>{1, -1, 0, 0, 1, 1});
    check_gradient("pixels", {random_tensor({3, 2, 2}, 4)},
                   [&](Vars v) { return cross_entropy(v[0], masks); });
    check_gradient("distillation", {x}, [&](Vars v) { return distillation_loss(v[0], t, 2.5); });
    check_gradient("a mixture", {x}, [&](Vars v) {
      return real(0.9) * distillation_loss(v[0], t, 4) + real(0.1) * cross_entropy(v[0], labels);
    });
  }
#endif
}

}  // namespace octet::test
