// fake_quantize: the reals of native codes, and a gradient that is passed straight through. In
// float and in double.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/gradcheck.h"
#include "core/ops/ops.h"
#include "quant/fake_quantize.h"
#include "quant/params.h"
#include "tests/core/naive.h"
#ifndef OCTET_REAL_DOUBLE
#include "int8/reference/quantize.h"
#include "quant/prepare.h"
#include "quant/weights/weight_quantizer.h"
#include "tests/custom_module.h"
#endif

using namespace octet;
using namespace octet::quant;

namespace {

Tensor value(const Tensor& x, const QuantSpec& spec, std::optional<RealRange> range = {}) {
  Context ctx(2);
  Saved saved;
  return FakeQuantizeOp(spec, range).forward(ctx, {&x, 1}, saved);
}

/// What straight-through estimation differentiates: x up to where the clamp acts.
struct Surrogate final : Op {
  double lo, hi;
  Surrogate(double l, double h) : lo(l), hi(h) {}
  std::string_view name() const override { return "surrogate"; }
  Tensor forward(Context& ctx, In x, Saved&) const override {
    Tensor y = ctx.empty(x[0].shape());
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      y.r()[i] = static_cast<real>(std::clamp(double(x[0].r()[i]), lo, hi));
    }
    return y;
  }
  void backward(Context&, const Saved&, const Tensor&, Grads) const override {}
};

Tensor gradient(const Tensor& x, const Tensor& dy, const FakeQuantizeOp& op, int uses) {
  Context ctx(2);
  Saved saved;
  op.forward(ctx, {&x, 1}, saved);
  Grad grad;
  Grad* pointer = &grad;
  for (int i = 0; i < uses; ++i) op.backward(ctx, saved, dy, {&pointer, 1});
  return grad.value();
}

}  // namespace

TEST_CASE("fake_quantize: the gradient is that of the clamp, whatever the rounding") {
  const Tensor x = test::random_tensor({7, 41}, 1), dy = test::random_tensor({7, 41}, 2);
  const struct {
    QuantSpec spec;
    std::optional<RealRange> range;
  } rows[] = {{QuantSpec::activation(), RealRange{-0.3, 0.5}},
              {{.bits = 3, .symmetric = false, .axis = {}}, RealRange{0.2, 0.9}},
              {{.bits = 4, .axis = {}}, RealRange{-0.4, 0.1}},
              {QuantSpec::per_tensor(), std::nullopt},
              {QuantSpec::per_channel(), std::nullopt},
              {{.bits = 2, .axis = 1}, std::nullopt}};
  for (const auto& row : rows) {
    const FakeQuantizeOp op(row.spec, row.range);
    CAPTURE(op.attributes());
    double lo = -1e9, hi = 1e9;  // a range of its own clamps nothing
    if (row.range) {
      const QuantParams p = spec_params(row.spec, *row.range);
      lo = double(p.scale) * (row.spec.lowest() - 0.5 - p.zero_point);
      hi = double(p.scale) * (row.spec.highest() + 0.5 - p.zero_point);
    }
    for (const int uses : {1, 2}) {
      const Tensor got = gradient(x, dy, op, uses);
      int clamped = 0;
      const double step = sizeof(real) == 8 ? 1e-6 : 1e-3;
      Context ctx;
      Saved unused;
      const auto at = [&](std::int64_t i, double d) {
        const Tensor one = Tensor::full({1}, static_cast<real>(double(x.r()[i]) + d));
        return double(Surrogate(lo, hi).forward(ctx, {&one, 1}, unused).r()[0]);
      };
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const double v = double(x.r()[i]);
        if (std::fabs(v - lo) < 2 * step || std::fabs(v - hi) < 2 * step) continue;
        const double numeric = (at(i, step) - at(i, -step)) / (2 * step) * double(dy.r()[i]) * uses;
        CHECK(double(got.r()[i]) ==
              doctest::Approx(numeric).epsilon(sizeof(real) == 8 ? 1e-8 : 1e-3));
        clamped += numeric == 0;
      }
      CHECK((clamped > 0) == row.range.has_value());
    }
  }
}

TEST_CASE("fake_quantize: values are codes' reals, at most half a step away") {
  const Tensor x = test::random_tensor({5, 6, 4}, 3);
  for (const int bits : {2, 4, 8, 16}) {
    for (const bool symmetric : {true, false}) {
      for (const std::optional<int> axis : {std::optional<int>(), std::optional(1)}) {
        const QuantSpec spec{.bits = bits, .symmetric = symmetric, .axis = axis};
        CAPTURE(FakeQuantizeOp(spec).attributes());
        const Tensor y = value(x, spec);
        const int channels = axis ? 6 : 1;
        for (int c = 0; c < channels; ++c) {
          RealRange r;
          const auto each = [&](const auto& f) {
            for (std::int64_t i = 0; i < x.numel(); ++i) {
              if (!axis || i / 4 % 6 == c) f(i);
            }
          };
          each([&](std::int64_t i) {
            r.min = std::min(r.min, double(x.r()[i]));
            r.max = std::max(r.max, double(x.r()[i]));
          });
          const QuantParams p = spec_params(spec, r);
          CHECK((p.zero_point == 0 || !symmetric));
          each([&](std::int64_t i) {
            const double step = double(p.scale), q = double(y.r()[i]) / step;
            CHECK(std::fabs(q - std::round(q)) < 1e-2);
            CHECK(std::fabs(double(y.r()[i]) - double(x.r()[i])) <= 1.01 * step);
            CHECK(std::round(q) + p.zero_point >= spec.lowest());
            CHECK(std::round(q) + p.zero_point <= spec.highest());
          });
        }
      }
    }
  }
}

TEST_CASE("fake_quantize: refusals") {
  const Tensor x = test::random_tensor({3, 4}, 1);
  CHECK_THROWS_WITH_AS(value(x, {.bits = 1}), doctest::Contains("2 to 16 bits, got 1"), Error);
  CHECK_THROWS_WITH_AS(value(x, {.axis = 2}), doctest::Contains("expected 0 to 1"), Error);
  CHECK_THROWS_WITH_AS(value(x, QuantSpec::per_channel(), RealRange{0, 1}),
                       doctest::Contains("not to axis 0"), Error);
  CHECK_THROWS_WITH_AS(value(x, QuantSpec::activation(), RealRange{}), doctest::Contains("range"),
                       Error);
  Tensor nan = x.clone();
  nan.r()[5] = static_cast<real>(std::nan(""));
  for (const QuantSpec& spec : {QuantSpec::per_channel(), QuantSpec::per_tensor()}) {
    CHECK_THROWS_WITH_AS(value(nan, spec), doctest::Contains("fake_quantize: x: observed"), Error);
  }
  CHECK(std::isnan(value(nan, QuantSpec::activation(), RealRange{0, 1}).r()[5]));
  CHECK(value(Tensor::zeros({0, 3}), QuantSpec::per_tensor()).numel() == 0);
}

#ifndef OCTET_REAL_DOUBLE

TEST_CASE("fake_quantize gives the reals of native weight codes and activation codes") {
  Context ctx(2);
  const Tensor w = test::random_tensor({6, 3, 3, 5}, 4);
  for (const QuantSpec& spec :
       {QuantSpec::per_channel(), QuantSpec::per_tensor(), QuantSpec{.bits = 4}}) {
    const WeightCodes codes = make_weight_quantizer(spec)->quantize(ctx, w, {.layer = "w"});
    const Tensor y = value(w, spec);
    for (std::int64_t i = 0; i < w.numel(); ++i) {
      REQUIRE(y.r()[i] == codes.scale[static_cast<std::size_t>(i / 45)] *
                              static_cast<float>(codes.codes.data<std::int8_t>()[i]));
    }
  }
  const QuantParams p = activation_params(-0.4, 0.7);
  const Tensor y = value(w, QuantSpec::activation(), RealRange{-0.4, 0.7});
  for (std::int64_t i = 0; i < w.numel(); ++i) {
    const std::int8_t q = int8::quantize_one(w.r()[i], p.scale, p.zero_point);
    REQUIRE(y.r()[i] == int8::dequantize_one(q, p.scale, p.zero_point));
  }
}

TEST_CASE("fake_quantize trains in a loop of one's own, and prepare says that it has no codes") {
  Context ctx;
  const auto w = std::make_shared<Parameter>(test::random_tensor({3, 8}, 5));
  const Tensor x = test::random_tensor({16, 8}, 6), target = test::random_tensor({16, 3}, 7);
  double first = 0, last = 0;
  for (int i = 0; i < 50; ++i) {
    Tape tape(ctx);
    const Var y = linear(tape.input(x), fake_quantize(tape.param(w), {.bits = 4}));
    const Var loss = mse_loss(y, target);
    last = double(loss.value().item());
    if (i == 0) first = last;
    w->grad.clear();
    tape.backward(loss);
    for (std::int64_t k = 0; k < w->value.numel(); ++k)
      w->value.r()[k] -= 0.1f * w->grad.value().r()[k];
  }
  CHECK(last < 0.9 * first);

  const auto net = std::make_shared<test::Custom>(
      [](Var v) { return fake_quantize(relu(v), QuantSpec::activation()); });
  CHECK_THROWS_WITH_AS(prepare_qat(trace(net, x), QConfig{}),
                       doctest::Contains("op fake_quantize has no int8 form"), Error);
}

#endif
