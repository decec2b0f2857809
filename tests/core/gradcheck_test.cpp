// The gradient check must find wrong gradients (double build).
#include <doctest/doctest.h>

#include "core/gradcheck.h"
#include "core/ops/ops.h"
#include "tests/core/naive.h"

namespace octet::test {
namespace {

// y = x^2 with a gradient that is wrong in one element by `fault`, or overwrites what is there.
struct Square final : Op {
  double fault;
  bool overwrites;
  Square(double f, bool o) : fault(f), overwrites(o) {}
  std::string_view name() const override { return "square"; }
  Tensor forward(Context& ctx, In x, Saved& saved) const override {
    saved.tensors = {x[0]};
    Tensor y = ctx.empty(x[0].shape());
    for (std::int64_t i = 0; i < y.numel(); ++i) y.r()[i] = x[0].r()[i] * x[0].r()[i];
    return y;
  }
  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override {
    real beta;
    const Tensor& x = saved.tensors[0];
    real* out = dx[0]->accumulate(x.shape(), ctx, beta);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double g = 2 * x.r()[i] * dy.r()[i] * (i == 7 ? 1 + fault : 1);
      out[i] = beta == 0 || overwrites ? g : out[i] + g;
    }
  }
};

GradCheckResult check(double fault, bool overwrites, bool twice, GradCheckOptions options = {}) {
  Context ctx;
  const auto op = std::make_shared<Square>(fault, overwrites);
  return check_gradients(
      ctx,
      [&](Tape& tape, std::span<const Var> v) {
        const Var y = tape.record(op, {v[0]});
        return twice ? y + tape.record(op, {v[0]}) : y;
      },
      {random_tensor({3, 10}, 1)}, options);
}

}  // namespace

TEST_SUITE("core gradcheck") {
  TEST_CASE("a right gradient passes, every element checked") {
    const GradCheckResult r = check(0, false, false);
    CHECK(r.worst < 1e-6);
    CHECK(r.checked == 30);
    CHECK(check(0, false, true).worst < 1e-6);
    CHECK(check(0, false, false, {.most = 11}).checked == 11);
  }

  TEST_CASE("one wrong element is found and named") {
    const GradCheckResult r = check(0.001, false, false);
    CHECK(r.worst > 1e-5);
    CHECK(contains(r.where, "input 0 [7]"));
  }

  TEST_CASE("overwriting instead of accumulating is found") {
    CHECK(check(0, true, false).worst < 1e-6);
    CHECK(check(0, true, true).worst > 0.1);
  }
}

}  // namespace octet::test
