// Observers, and the one place that feeds them: QOp::forward.
#include <doctest/doctest.h>

#include <cmath>

#include "core/ops/ops.h"
#include "layers/graph/graph_module.h"
#include "quant/observers/observer.h"
#include "quant/prepare.h"
#include "quant/qops/qop.h"
#include "tests/custom_module.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

TEST_CASE("observers") {
  const ObserverPtr min_max = make_observer(ObserverKind::min_max);
  CHECK(!min_max->seen());
  min_max->observe(RealRange{-1, 2});
  const float reals[] = {1, 3, 0};
  min_max->observe(Tensor::from<float>({3}, reals));
  CHECK(min_max->range().min == -1);
  CHECK(min_max->range().max == 3);
  CHECK(min_max->state().r()[2] == 2);

  const ObserverPtr average = make_observer(ObserverKind::moving_average, {.averaging = 0.25});
  // The plain mean of the first 1 / 0.25 = 4 batches, then weight 0.25.
  const double maxima[] = {1, 2, 3, 6, 7};
  const double expected[] = {1, 1.5, 2, 3, 4};
  for (int i = 0; i < 5; ++i) {
    average->observe(RealRange{-maxima[i], maxima[i]});
    CHECK(average->range().max == doctest::Approx(expected[i]));
    CHECK(average->range().min == doctest::Approx(-expected[i]));
  }
  CHECK_THROWS_AS(average->observe(RealRange{0, std::nan("")}), Error);
  CHECK_THROWS_AS(average->observe(RealRange{1, 0}), Error);
  const float nan[] = {1, std::nanf(""), 2};
  CHECK_THROWS_AS(average->observe(Tensor::from<float>({3}, nan)), Error);
  CHECK_THROWS_AS(make_observer(ObserverKind::moving_average, {.averaging = 0}), Error);
  for (const ObserverEntry& e : observers()) {
    CHECK(parse_observer(e.name) == e.kind);
    CHECK(observer_name(e.kind) == e.name);
  }
  CHECK_THROWS_WITH_AS(parse_observer("minmax"),
                       doctest::Contains("moving_average or min_max, got \"minmax\""), Error);
}

namespace {

/// Passes its input on; in integer stages the range before the clamp is [-3, 5].
struct PassOp final : QOp {
  using QOp::QOp;
  std::string_view name() const override { return "pass"; }
  Tensor forward_float(Context&, In x) const override { return x[0]; }
  Tensor forward_codes(Context&, In x, Saved&, RealRange* seen) const override {
    if (seen) *seen = {-3, 5};
    return x[0];
  }
  void backward_real(Context&, const Saved&, const Tensor&, Grads) const override {}
  int lower(Lowering&, std::span<const int>, In, const Shape&) const override { return -1; }
};

}  // namespace

TEST_CASE("the result of an op is observed by QOp::forward, whatever the op") {
  const float reals[] = {-1, 2};
  const Tensor x = Tensor::from<float>({2}, reals);
  const struct {
    Stage stage;
    bool training, keeps_params, seen;
    double min, max;
  } rows[] = {{Stage::calibrate, false, false, true, -1, 2},
              {Stage::calibrate, false, true, false, 0, 0},
              {Stage::train_bn, true, false, true, -3, 5},
              {Stage::train_bn, true, true, false, 0, 0},
              {Stage::train_bn, false, false, false, 0, 0},
              {Stage::frozen_bn, true, false, true, -3, 5},
              {Stage::frozen_observers, true, false, false, 0, 0}};
  for (const auto& row : rows) {
    CAPTURE(stage_name(row.stage));
    CAPTURE(row.training);
    const auto state = std::make_shared<QatState>();
    state->stage = row.stage;
    PassOp op(state, std::make_shared<QuantizedTensor>("y", make_observer(ObserverKind::min_max)),
              "layer");
    op.keeps_params = row.keeps_params;
    Context ctx;
    ctx.training = row.training;
    Saved saved;
    op.forward(ctx, {&x, 1}, saved);
    REQUIRE(op.out->observer->seen() == row.seen);
    if (!row.seen) continue;
    CHECK(op.out->observer->range().min == row.min);
    CHECK(op.out->observer->range().max == row.max);
  }
  // Fixed params need no observer.
  const auto state = std::make_shared<QatState>();
  PassOp op(state, std::make_shared<QuantizedTensor>("y", make_observer(ObserverKind::min_max)),
            "layer");
  op.out->fixed = QuantParams{1, 0};
  Context ctx;
  Saved saved;
  op.forward(ctx, {&x, 1}, saved);
  CHECK(!op.out->observer->seen());
}

TEST_CASE("a value is observed once a batch: ops that keep params feed nothing") {
  const auto net = std::make_shared<test::Custom>([](Var x) {
    Window2d w;
    w.kernel_h = w.kernel_w = w.stride_h = w.stride_w = 2;
    return relu6(flatten(max_pool2d(tanh(leaky_relu(x)) + x, w)));
  });
  Tensor x = Tensor::zeros({2, 4, 4, 3});
  for (std::int64_t i = 0; i < x.numel(); ++i) x.r()[i] = static_cast<real>(i % 7) - 3;
  const QatModelPtr qat = prepare_qat(*trace(*net, x), QConfig{});
  Context ctx;
  for (int i = 0; i < 3; ++i) qat->calibrate(ctx, x);
  int observed = 0;
  for (const QuantizedTensorPtr& v : qat->values()) {
    CAPTURE(v->name);
    if (!v->observed()) {
      CHECK(!v->observer->seen());
      continue;
    }
    ++observed;
    CHECK(v->observer->state().r()[2] == 3);
  }
  CHECK(observed == 3);       // the input, leaky_relu, the sum
  x.r()[40] = std::nanf("");  // among finite values
  CHECK_THROWS_WITH_AS(qat->calibrate(ctx, x), doctest::Contains("value input: observed"), Error);
}
