// Quotients, powers, products of matrices, reductions, normalizations, and functions that are made
// of several ops.
#include <doctest/doctest.h>

#include "core/ops/function_op.h"
#include "tests/core/op_checks.h"

namespace octet::test {
namespace {

using Vars = std::span<const Var>;

/// |normal| + 1/4.
Tensor positive_tensor(const Shape& shape, std::uint64_t stream) {
  Tensor t = random_tensor(shape, stream);
  for (real& v : t.span<real>()) v = std::fabs(v) + real(0.25);
  return t;
}

std::vector<OpCase> cases() {
  const Tensor image = random_tensor({3, 5, 4, 6}, 1), spread = spread_tensor({3, 5, 4, 6}, 2);
  const Tensor positive = positive_tensor({3, 5, 4, 6}, 3);
  const Tensor vector = random_tensor({6}, 4), factors = positive_tensor({6}, 5);
  const Tensor channels = positive_tensor({3, 1, 1, 6}, 6);
  return {
      {"a function from outside",
       {image},
       [](Vars v) {
         const auto gauss = std::make_shared<FunctionOp>(
             "gauss", [](real x) { return std::exp(-x * x); },
             [](real x) { return -2 * x * std::exp(-x * x); });
         return apply_function(gauss, v[0]);
       }},
      {"div", {image, positive}, [](Vars v) { return v[0] / v[1]; }},
      {"div by channels", {image, channels}, [](Vars v) { return v[0] / v[1]; }},
      {"div of a vector", {vector, positive}, [](Vars v) { return v[0] / v[1]; }},
      {"div by a constant", {image}, [](Vars v) { return v[0] / real(3); }},
      {"div of a constant", {positive}, [](Vars v) { return real(3) / v[0]; }},
      {"pow", {positive, image}, [](Vars v) { return pow(v[0], v[1]); }},
      {"pow of a vector", {factors, image}, [](Vars v) { return pow(v[0], v[1]); }},
      {"pow by channels", {positive, channels}, [](Vars v) { return pow(v[0], v[1]); }},
      {"power", {positive}, [](Vars v) { return pow(v[0], real(1.7)); }},
      {"powers of ops",
       {positive},
       [](Vars v) { return pow(pow(v[0], 4) + pow(v[0], real(-0.5)), real(0.5)); }},
      {"clip", {spread}, [](Vars v) { return clip(v[0], real(-0.4), real(2.3)); }},
      {"elu", {spread}, [](Vars v) { return elu(v[0], real(0.3)); }},
      {"hard_sigmoid", {spread}, [](Vars v) { return hard_sigmoid(v[0], real(0.2), real(0.5)); }},
      {"softmax of rows", {image}, [](Vars v) { return softmax(v[0], 1); }},
      {"log_softmax", {image}, [](Vars v) { return log_softmax(v[0]); }},
      {"log_softmax of columns", {image}, [](Vars v) { return log_softmax(v[0], -2); }},
      {"matmul",
       {random_tensor({3, 5, 4}, 7), random_tensor({4, 6}, 8)},
       [](Vars v) { return matmul(v[0], v[1]); }},
      {"matmul of batches",
       {random_tensor({3, 2, 5, 4}, 9), random_tensor({3, 2, 4, 6}, 10)},
       [](Vars v) { return matmul(v[0], v[1]); }},
      {"matmul of a matrix with a batch",
       {random_tensor({5, 4}, 11), random_tensor({3, 4, 2}, 12)},
       [](Vars v) { return matmul(v[0], v[1]); }},
      {"matmul, broadcast",
       {random_tensor({3, 1, 2, 4}, 13), random_tensor({3, 4, 2}, 14)},
       [](Vars v) { return matmul(v[0], v[1]); }},
      {"matmul with itself",
       {random_tensor({9, 3, 3}, 15)},
       [](Vars v) { return matmul(v[0], v[0]); }},
      {"sum",
       {image},
       [](Vars v) {
         return sum(v[0], {1, -1});
       }},
      {"sum of the batch",
       {image},
       [](Vars v) {
         return sum(v[0], {0, 2}, true);
       }},
      {"mean of the batch", {image}, [](Vars v) { return mean(v[0], {0}); }},
      {"mean of the last", {image}, [](Vars v) { return mean(v[0], {3}, true); }},
      {"reduce_max",
       {spread},
       [](Vars v) {
         return reduce_max(v[0], {1, 2});
       }},
      {"reduce_max of the batch",
       {spread},
       [](Vars v) {
         return reduce_max(v[0], {0, -1}, true);
       }},
      {"reduce_min", {spread}, [](Vars v) { return reduce_min(v[0], {2}, true); }},
      {"global_max_pool", {spread}, [](Vars v) { return global_max_pool(v[0]); }},
      {"layer_norm",
       {image, random_tensor({6}, 16), random_tensor({6}, 17)},
       [](Vars v) { return layer_norm(v[0], v[1], v[2]); }},
      {"layer_norm of two dimensions",
       {random_tensor({3, 4, 5, 3}, 18), random_tensor({5, 3}, 19)},
       [](Vars v) { return layer_norm(v[0], v[1], real(0.1)); }},
      {"instance_norm",
       {image, vector, random_tensor({6}, 20)},
       [](Vars v) { return instance_norm(v[0], v[1], v[2]); }},
      {"group_norm",
       {image, vector, random_tensor({6}, 21)},
       [](Vars v) { return group_norm(v[0], v[1], v[2], 2, real(0.01)); }},
  };
}

}  // namespace

TEST_SUITE("core math ops") {
  TEST_CASE("threads and gradients") {
    check_cases(cases());
    check_threads("big matmul",
                  {random_tensor({2, 150, 200}, 22), random_tensor({2, 200, 170}, 23)},
                  [](Vars v) { return matmul(v[0], v[1]); });
    check_threads("many matrices",
                  {random_tensor({12, 20, 30}, 24), random_tensor({3, 1, 30, 20}, 25)},
                  [](Vars v) { return matmul(v[0], v[1]); });
    check_threads(
        "big group_norm",
        {random_tensor({2, 50, 60, 16}, 26), random_tensor({16}, 27), random_tensor({16}, 28)},
        [](Vars v) { return group_norm(v[0], v[1], v[2], 4); });
  }

  TEST_CASE("values by hand") {
    Tape tape;
    const Var a = tape.input(counting({2, 3}));
    const Var b = tape.input(Tensor::from<real>({3}, std::vector<real>{1, 2, -4}));
    CHECK(largest_error((a / b).value(), {0, 0.5, -0.5, 3, 2, -1.25}) == 0);
    CHECK(largest_error(pow(b, a).value(), {1, 2, 16, 1, 16, -1024}) < 1e-6);
    CHECK(largest_error(pow(a, 2).value(), {0, 1, 4, 9, 16, 25}) == 0);
    CHECK(largest_error(pow(b, 3).value(), {1, 8, -64}) == 0);
    CHECK(largest_error(pow(b, -1).value(), {1, 0.5, -0.25}) == 0);
    CHECK(pow(a, 1).id == a.id);
    CHECK(largest_error(clip(b, -2, real(1.5)).value(), {1, 1.5, -2}) == 0);
    CHECK(largest_error(elu(b, 2).value(), {1, 2, 2 * std::expm1(-4.0)}) < 1e-6);
    CHECK(largest_error(hard_sigmoid(b, real(0.25), real(0.5)).value(), {0.75, 1, 0}) == 0);
    CHECK(largest_error(sum(a, {0}).value(), {3, 5, 7}) == 0);
    CHECK(largest_error(sum(a, {-1}, true).value(), {3, 12}) == 0);
    CHECK(sum(a, {0, 1}).shape() == Shape({}));
    CHECK(sum(a, {0, 1}).value().item() == 15);
    CHECK(largest_error(reduce_max(a * b, {1}).value(), {2, 8}) == 0);
    CHECK(largest_error(reduce_min(a * b, {0}).value(), {0, 2, -20}) == 0);
    CHECK(largest_error(softmax(a, 0).value(),
                        {0.04742587317756678, 0.04742587317756678, 0.04742587317756678,
                         0.9525741268224334, 0.9525741268224334, 0.9525741268224334}) < 1e-6);
    CHECK(largest_error(log_softmax(b).value(), {1 - 2.3150771, 2 - 2.3150771, -4 - 2.3150771}) <
          1e-6);
    CHECK(largest_error(matmul(a, view(b, {3, 1})).value(), {-6, -9}) == 0);
    const Var one = tape.input(Tensor::full({3}, 1)), none = tape.input(Tensor::full({3}, 0));
    const double s = 1 / std::sqrt(2.0 / 3);
    CHECK(largest_error(layer_norm(a, one, none, 0).value(), {-s, 0, s, -s, 0, s}) < 1e-6);
    const Var pixels = view(a, {1, 2, 3});
    CHECK(largest_error(instance_norm(pixels, one, b, 0).value(), {0, 1, -5, 2, 3, -3}) < 1e-6);
  }

  TEST_CASE("products of matrices against sums of products") {
    struct Case {
      Shape a, b;
    };
    for (const Case& c : {Case{{7, 3, 5}, {5, 4}},
                          {{2, 3, 70, 65}, {3, 65, 3}},
                          {{4, 1, 2, 3}, {1, 9, 3, 2}},
                          {{200, 6}, {6, 150}}}) {
      const Tensor a = random_tensor(c.a, 1), b = random_tensor(c.b, 2);
      Tape tape;
      const Var y = matmul(tape.input(a), tape.input(b));
      // All products of the broadcast matrices, by other ops.
      const std::int64_t m = c.a[-2], k = c.a[-1], n = c.b[-1];
      std::vector<std::int64_t> left(c.a.dims().begin(), c.a.dims().end()),
          right(c.b.dims().begin(), c.b.dims().end() - 2);
      left.push_back(1);
      right.insert(right.end(), {1, k, n});
      const Var products = view(tape.input(a), left) * view(tape.input(b), right);
      const Var expected = sum(products, {-2});
      REQUIRE(y.shape() == expected.shape());
      CHECK(y.shape()[-2] == m);
      const auto values = expected.value().span<real>();
      CHECK(largest_error(y.value(), {values.begin(), values.end()}) < tolerance);
    }
  }

  TEST_CASE("reductions: ties share the gradient, NaN wins") {
    Tape tape;
    const Var x = tape.input(Tensor::from<real>({1, 4}, std::vector<real>{2, 1, 2, 0}), true);
    tape.backward(reduce_max(x, {1}));
    CHECK(largest_error(tape.grad(x), {0.5, 0, 0.5, 0}) == 0);
    Tape other;
    constexpr real no_number = std::numeric_limits<real>::quiet_NaN();
    const Var y = other.input(Tensor::from<real>({1, 3}, std::vector<real>{2, no_number, 3}));
    CHECK(std::isnan(reduce_max(y, {1}).value().item()));
    CHECK(std::isnan(reduce_min(y, {1}).value().item()));
  }

  TEST_CASE("functions take the op that is what they are") {
    Tape tape;
    const Var x = tape.input(counting({2, 3}));
    const auto op = [&](Var y) { return std::string(tape.node(y.id).op->name()); };
    constexpr real inf = std::numeric_limits<real>::infinity();
    CHECK(op(clip(x, 0, 6)) == "relu6");
    CHECK(op(clip(x, 0, inf)) == "relu");
    CHECK(op(clip(x, -1, 1)) == "hard_tanh");
    CHECK(op(clip(x, -inf, 3)) == "minimum");
    CHECK(clip(x, -inf, inf).id == x.id);
    CHECK(op(elu(x, 1)) == "elu");
    CHECK(op(hard_sigmoid(x, real(1.0 / 6), real(0.5))) == "hard_sigmoid");
    CHECK(op(pow(x, real(0.5))) == "sqrt");
    CHECK(op(pow(x, real(-0.5))) == "rsqrt");
    CHECK(op(pow(x, 5)) == "power");
    CHECK(op(softmax(x, -1)) == "softmax");
  }

  TEST_CASE("an empty batch") {
    Tape tape;
    const Var x = tape.input(Tensor::zeros({0, 3, 4}), true), w = tape.input(Tensor::zeros({4}));
    for (const Var y : {tile(x, {1, 2, 1}), pad(x, {0, 1, 0}, {0, 0, 1}, PadMode::edge),
                        expand(x, {1, 3, 4}), transpose(x, {1, 2, 0}), matmul(x, view(w, {4, 1})),
                        sum(x, {1}), reduce_max(x, {2}), layer_norm(x, w), group_norm(x, w, w, 2),
                        log_softmax(x), x / w, slice(x, 1, 2, -1, -1)}) {
      CHECK(y.value().numel() == 0);
    }
  }

  TEST_CASE("gradients where formulas have holes") {
    Context ctx;
    const auto gradient = [&](const Tensor& x, const std::function<Var(Var)>& f) {
      Tape tape(ctx);
      const Var v = tape.input(x, true);
      Var y = f(v);
      tape.backward(
          sum(y, y.shape().rank() == 1 ? std::vector<int>{0} : std::vector<int>{0, 1, 2}));
      return tape.grad(v);
    };
    const Tensor zero = Tensor::zeros({1});
    CHECK(gradient(zero, [](Var x) { return x + pow(x, real(0)); }).r()[0] == 1);
    CHECK(gradient(zero, [](Var x) { return elu(x, real(2)); }).r()[0] == 2);
    for (const real far : {real(1e20), real(-1e20)}) {
      const Tensor x = Tensor::full({1}, far);
      CHECK(gradient(x, [](Var v) { return gelu_tanh(v); }).r()[0] ==
            doctest::Approx(far > 0 ? 1 : 0));
      CHECK(gradient(x, [](Var v) { return mish(v); }).r()[0] == doctest::Approx(far > 0 ? 1 : 0));
    }
    const Tensor lone = gradient(Tensor::full({2}, 1), [](Var x) {  // a product of no samples
      const Var none = x.tape->input(Tensor::empty({0, 2, 1}));
      const Var y = matmul(view(x, {1, 1, 2}), none);
      return concat({y, view(x, {2, 1, 1})}, 0);
    });
    CHECK(lone.r()[0] == 1);
    CHECK(lone.r()[1] == 1);
  }

  TEST_CASE("errors name op, expected and got") {
    Tape tape;
    const Var a = tape.input(Tensor::zeros({2, 3, 4}));
    const Var w = tape.input(Tensor::zeros({4}));
    CHECK(contains(error_of([&] { matmul(a, a); }), "b [..., K, N], got [2, 3, 4] and [2, 3, 4]"));
    CHECK(contains(error_of([&] { matmul(a, w); }), "matmul: expected"));
    CHECK(contains(error_of([&] { a / view(a, {2, 4, 3}); }), "div: shapes"));
    CHECK(contains(error_of([&] { sum(a, {1, 1}); }), "sum: expected different axes of [2, 3, 4]"));
    CHECK(contains(error_of([&] { reduce_max(a, {3}); }), "reduce_max: expected different axes"));
    CHECK(contains(error_of([&] { softmax(a, 3); }), "softmax: expected an axis of [2, 3, 4]"));
    CHECK(contains(error_of([&] { clip(a, 2, 1); }), "clip: expected low <= high, got 2 and 1"));
    CHECK(contains(error_of([&] { layer_norm(a, tape.input(Tensor::zeros({3}))); }),
                   "layer_norm: gamma: expected the last dimensions of x [2, 3, 4], got [3]"));
    CHECK(contains(error_of([&] { layer_norm(a, w, -1); }), "eps >= 0"));
    CHECK(contains(error_of([&] { group_norm(a, w, w, 3); }), "divide into 3 groups, got 4"));
    CHECK(contains(error_of([&] { instance_norm(a, w, tape.input(Tensor::zeros({3}))); }),
                   "group_norm: beta: expected [4], got [3]"));
  }
}

}  // namespace octet::test
