// Max, average and global average pooling.
#include <doctest/doctest.h>

#include "core/gradcheck.h"
#include "core/ops/ops.h"
#include "tests/core/naive.h"

namespace octet::test {
namespace {

struct PoolCase {
  const char* why;
  Shape x;
  Window2d window;
};

const std::vector<PoolCase>& cases() {
  static const std::vector<PoolCase> table = {
      {"2x2 stride 2", {2, 6, 4, 5}, {2, 2, 2, 2, 1, 1, {}}},
      {"2x2 stride 2, odd image: the last row is dropped", {2, 7, 5, 3}, {2, 2, 2, 2, 1, 1, {}}},
      {"3x3 stride 2 pad 1: overlapping", {2, 8, 7, 9}, {3, 3, 2, 2, 1, 1, Padding2d::all(1)}},
      {"SAME on an even image", {1, 8, 6, 4}, {3, 3, 2, 2, 1, 1, Padding2d::same_padding()}},
      {"SAME on an odd image", {1, 7, 5, 4}, {2, 3, 2, 1, 1, 1, Padding2d::same_padding()}},
      {"asymmetric pads", {1, 5, 6, 2}, {3, 2, 1, 2, 1, 1, {2, 0, 1, 0}}},
      {"dilation", {1, 9, 8, 3}, {2, 3, 1, 2, 3, 2, {1, 1, 2, 0}}},
      {"vector and tail channels", {1, 4, 4, 37}, {2, 2, 1, 1, 1, 1, {}}},
      {"one window", {2, 3, 3, 2}, {3, 3, 1, 1, 1, 1, {}}},
  };
  return table;
}

double mean(const std::vector<double>& v, double count) {
  double sum = 0;
  for (double e : v) sum += e;
  return sum / count;
}

template <class Record>
Tensor value_of(Context& ctx, const Tensor& x, const Record& record) {
  Tape tape(ctx);
  return record(tape.input(x)).value();
}

[[maybe_unused]] void check_gradient(const char* why, const Tensor& x,
                                     const std::function<Var(Var)>& record) {
  Context ctx;
  CAPTURE(why);
  for (int uses : {1, 2}) {
    CAPTURE(uses);
    const GradCheckResult r =
        check_gradients(ctx,
                        [&](Tape&, std::span<const Var> v) {
                          return uses == 1 ? record(v[0]) : record(v[0]) + record(v[0]);
                        },
                        {x});
    CAPTURE(r.where);
    CHECK(r.worst < (sizeof(real) == 8 ? 1e-6 : 1.0));
  }
}

}  // namespace

TEST_SUITE("core pooling") {
  TEST_CASE("forward equals the naive loops") {
    Context ctx;
    for (const PoolCase& c : cases()) {
      CAPTURE(c.why);
      const Tensor x = random_tensor(c.x, 5);
      const auto largest = [](const std::vector<double>& v, int) {
        return *std::ranges::max_element(v);
      };
      const auto inside = [](const std::vector<double>& v, int) {
        return mean(v, static_cast<double>(v.size()));
      };
      const auto all = [](const std::vector<double>& v, int taps) { return mean(v, taps); };
      CHECK(largest_error(value_of(ctx, x, [&](Var v) { return max_pool2d(v, c.window); }),
                          naive::pool(x, c.window, largest)) == 0);
      CHECK(largest_error(value_of(ctx, x, [&](Var v) { return avg_pool2d(v, c.window); }),
                          naive::pool(x, c.window, inside)) < tolerance);
      CHECK(largest_error(value_of(ctx, x, [&](Var v) { return avg_pool2d(v, c.window, true); }),
                          naive::pool(x, c.window, all)) < tolerance);
    }
  }

  TEST_CASE("global average") {
    Context ctx;
    const Tensor x = random_tensor({3, 5, 4, 6}, 6);
    const Tensor y = value_of(ctx, x, [](Var v) { return global_avg_pool(v); });
    CHECK(y.shape() == Shape({3, 1, 1, 6}));
    const Window2d whole{5, 4, 1, 1, 1, 1, {}};
    CHECK(largest_error(y, naive::pool(x, whole, [](const std::vector<double>& v, int n) {
                          return mean(v, n);
                        })) < tolerance);
  }

  TEST_CASE("the gradient of a tie goes to the first maximum, NaN wins") {
    Tape tape;
    const Var x = tape.input(Tensor::full({1, 2, 2, 1}, 3), true);
    const Var y = max_pool2d(x, {2, 2, 2, 2, 1, 1, {}});
    tape.backward(flatten(y));
    CHECK(tape.grad(x).r()[0] == 1);
    CHECK(tape.grad(x).r()[1] == 0);
    CHECK(tape.grad(x).r()[2] == 0);
    CHECK(tape.grad(x).r()[3] == 0);

    Tensor with_nan = Tensor::full({1, 2, 2, 1}, 3);
    with_nan.r()[2] = std::numeric_limits<real>::quiet_NaN();
    Tape other;
    CHECK(std::isnan(max_pool2d(other.input(with_nan), {2, 2, 2, 2, 1, 1, {}}).value().item()));
  }

  TEST_CASE("padding never wins") {
    Tape tape;
    const Var y = max_pool2d(tape.input(Tensor::full({1, 3, 3, 2}, -4)),
                             {3, 3, 1, 1, 1, 1, Padding2d::all(1)});
    for (real v : y.value().span<real>()) CHECK(v == -4);
  }

  TEST_CASE("the same bits at 1, 2 and 5 threads") {
    for (const PoolCase& c : cases()) {
      CAPTURE(c.why);
      const Tensor x = random_tensor(c.x, 5);
      std::vector<Tensor> expected;
      for (int threads : {1, 2, 5}) {
        Context ctx(threads);
        std::vector<Tensor> got;
        for (int kind = 0; kind < 3; ++kind) {
          Tape tape(ctx);
          const Var v = tape.input(x, true);
          const Var y = kind == 0   ? max_pool2d(v, c.window)
                        : kind == 1 ? avg_pool2d(v, c.window, true)
                                    : global_avg_pool(v);
          const Var rows = reshape(y, {-1});
          got.push_back(y.value());
          std::vector<std::int32_t> labels(static_cast<std::size_t>(c.x[0]), 0);
          tape.backward(
              cross_entropy(linear(rows, tape.constant(random_tensor({3, rows.shape()[1]}, 8))),
                            Tensor::from<std::int32_t>({c.x[0]}, labels)));
          got.push_back(tape.grad(v));
        }
        if (expected.empty()) expected = got;
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
      }
    }
  }

  TEST_CASE("errors") {
    Tape tape;
    const Var x = tape.input(Tensor::zeros({1, 4, 4, 2}));
    CHECK(contains(error_of([&] {
                     max_pool2d(x, {3, 3, 1, 1, 1, 1, Padding2d::all(3)});
                   }),
                   "max_pool2d: window row 0 lies in the padding"));
    CHECK(contains(error_of([&] {
                     avg_pool2d(x, {5, 5, 1, 1, 1, 1, {}});
                   }),
                   "avg_pool2d: window height"));
    const Var flat = tape.input(Tensor::zeros({4, 4}));
    CHECK(contains(error_of([&] { global_avg_pool(flat); }), "expected [N, H, W, C], got [4, 4]"));
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients") {
    for (const PoolCase& c : cases()) {
      const Tensor x = spread_tensor(c.x, 7);
      check_gradient(c.why, x, [&](Var v) { return max_pool2d(v, c.window); });
      check_gradient(c.why, x, [&](Var v) { return avg_pool2d(v, c.window); });
      check_gradient(c.why, x, [&](Var v) { return avg_pool2d(v, c.window, true); });
      check_gradient(c.why, x, [&](Var v) { return global_avg_pool(v); });
    }
  }
#endif
}

}  // namespace octet::test
