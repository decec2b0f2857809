// Weights with one scale per tensor (docs/numerics.md, line 14), from calibration to the file.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/quant/batches.h"
#include "tests/quant/roundings.h"

using namespace octet;
using namespace octet::quant;
using test::Batch;
using test::random_batches;
using test::train_step;

namespace {

/// Every op with weights: convolution, grouped, depthwise with a multiplier, transposed, linear;
/// batch norm folded and on its own, with a factor below zero, and none.
class Layers final : public Module {
 public:
  Layers() {
    Init init(5);
    const auto conv = [&](const char* name, Conv2dOptions o) {
      return register_module(name, std::make_shared<Conv2d>(o, init));
    };
    const auto norm = [&](const char* name, std::int64_t channels) {
      auto bn = register_module(
          name, std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = channels}));
      for (const NamedParameter& p : bn->named_parameters()) {
        for (std::int64_t c = 0; c < channels; ++c) {
          p.parameter->value.r()[c] += real(0.1) * static_cast<real>(c % 5) - real(0.2);
        }
        if (p.name == "weight") p.parameter->value.r()[2] = -0.7f;
      }
      return bn;
    };
    bn0_ = norm("bn0", 3);
    c1_ = conv("c1", {.in_channels = 3,
                      .out_channels = 8,
                      .kernel = 3,
                      .stride = 2,
                      .padding = Padding2d::all(1)});
    bn1_ = norm("bn1", 8);
    c2_ = conv("c2", {.in_channels = 8,
                      .out_channels = 8,
                      .kernel = 3,
                      .padding = Padding2d::all(1),
                      .groups = 2});
    dw_ = conv("dw", {.in_channels = 8,
                      .out_channels = 16,
                      .kernel = 3,
                      .padding = Padding2d::all(1),
                      .groups = 8,
                      .bias = false});
    bn2_ = norm("bn2", 16);
    up_ = register_module(
        "up",
        std::make_shared<ConvTranspose2d>(
            ConvTranspose2dOptions{.in_channels = 16, .out_channels = 6, .kernel = 2, .stride = 2},
            init));
    fc_ = register_module("fc", std::make_shared<Linear>(LinearOptions{10 * 8 * 6, 12}, init));
    bn3_ = norm("bn3", 12);
    last_ = register_module("last", std::make_shared<Linear>(LinearOptions{12, 4}, init));
  }
  Var forward(Var x) override {
    Var a = relu((*bn1_)((*c1_)((*bn0_)(x))));
    Var b = relu6((*bn2_)((*dw_)((*c2_)(a))));
    return (*last_)(relu((*bn3_)((*fc_)(flatten((*up_)(b))))));
  }

 private:
  std::shared_ptr<BatchNorm2d> bn0_, bn1_, bn2_, bn3_;
  std::shared_ptr<Conv2d> c1_, c2_, dw_;
  std::shared_ptr<ConvTranspose2d> up_;
  std::shared_ptr<Linear> fc_, last_;
};

/// One batch norm that two inputs go through.
class Tower final : public MultiModule {
 public:
  Tower() {
    Init init(1);
    norm_ =
        register_module("norm", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 2}));
    last_ = register_module("last", std::make_shared<Linear>(LinearOptions{4 * 4 * 2, 3}, init));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [a, b] = take<2>(x);
    return {(*last_)(flatten((*norm_)(a) + (*norm_)(b)))};
  }

 private:
  std::shared_ptr<BatchNorm2d> norm_;
  std::shared_ptr<Linear> last_;
};

QConfig per_tensor(int8::Rounding rounding = int8::Rounding::single_rounding) {
  QConfig config;
  config.weights = QuantSpec::per_tensor();
  config.rounding = rounding;
  return config;
}

/// Weights of all nodes that have some.
std::vector<const int8::TensorDef*> weights_of(const int8::Graph& graph) {
  std::vector<const int8::TensorDef*> all;
  for (const int8::Node& n : graph.nodes) {
    const bool has = n.op == int8::OpCode::conv_2d || n.op == int8::OpCode::depthwise_conv_2d ||
                     n.op == int8::OpCode::fully_connected || n.op == int8::OpCode::transpose_conv;
    if (has) all.push_back(&graph.tensors[static_cast<std::size_t>(n.inputs[1])]);
  }
  return all;
}

}  // namespace

TEST_CASE("one scale per tensor: training forward, engine and file agree at every stage") {
  const struct {
    const char* name;
    ModulePtr model;
    Shape input;
    std::size_t layers;
  } nets[] = {{"every layer", std::make_shared<Layers>(), {6, 10, 8, 3}, 7},
              {"mobilenet_v2",
               zoo::mobilenet_v2({.classes = 4, .in_h = 32, .in_w = 32, .width = 0.25}),
               {4, 32, 32, 3},
               53}};
  for (const auto& net : nets) {
    for (const int8::Rounding rounding : test::every_rounding) {
      CAPTURE(net.name);
      Context ctx(2);
      const auto batches = random_batches(net.input, 3, 4);
      const QatModelPtr qat = prepare_qat(trace(net.model, batches[0].x), per_tensor(rounding));
      calibrate(*qat, batches, {.batches = 2}, ctx);
      CHECK(qat->stage() == Stage::frozen_bn);
      optim::Adam adam(qat->parameters(), {.lr = 1e-3});
      for (const Stage stage : {Stage::frozen_bn, Stage::frozen_observers}) {
        CAPTURE(stage_name(stage));
        qat->advance(stage);
        for (const Batch& b : batches) train_step(*qat, ctx, adam, b);
        ConvertReport report;
        const int8::Model model = convert(*qat, ctx, &report);
        CHECK(report.parity.different == 0);
        CHECK(report.layers.size() == net.layers);
        for (const LayerReport& l : report.layers) {
          CAPTURE(l.layer);
          CHECK(l.constant_channels < l.channels);
        }
        // All of a batch, on this machine's kernels.
        CHECK(compare_codes(*qat, ctx, model, batches[2].x).different == 0);

        const auto bytes =
            std::make_shared<const std::vector<std::byte>>(serialize_tflite(lower(*qat)));
        const int8::Graph graph = parse_tflite(*bytes, bytes);
        const auto weights = weights_of(graph);
        CHECK(weights.size() == net.layers);
        for (const int8::TensorDef* w : weights) {
          CAPTURE(w->name);
          CHECK(w->quantization.scale.size() == 1);
          CHECK(w->quantization.zero_point == std::vector<std::int32_t>{0});
          CHECK(w->quantization.axis == 0);
        }
      }
    }
  }
}

TEST_CASE("one scale per tensor: post-training quantization leaves the statistics alone") {
  Context ctx;
  const auto batches = random_batches({6, 10, 8, 3}, 2, 4);
  const auto model = std::make_shared<Layers>();
  const QatModelPtr ptq = prepare_ptq(trace(model, batches[0].x), per_tensor());
  std::vector<Tensor> before;
  for (const NamedTensor& t : ptq->state()) before.push_back(t.value.clone());
  calibrate(*ptq, batches, {.batches = 2}, ctx);
  CHECK(ptq->stage() == Stage::frozen_observers);
  std::size_t i = 0;
  for (const NamedTensor& t : ptq->state()) {
    const Tensor& was = before[i++];
    if (t.name.find("running_") == t.name.npos) continue;
    CHECK(std::memcmp(t.value.raw(), was.raw(), was.bytes()) == 0);
  }
  ConvertReport report;
  convert(*ptq, ctx, &report);
  CHECK(report.parity.different == 0);
}

TEST_CASE("one scale per tensor: calibration estimates batch norm, and there is no train_bn") {
  Context ctx;
  const auto batches = random_batches({6, 10, 8, 3}, 3, 4);
  const auto model = std::make_shared<Layers>();  // its statistics are those of nothing: 0 and 1
  const QatModelPtr qat = prepare_qat(trace(model, batches[0].x), per_tensor());
  const auto statistic = [&](const char* name) {
    for (const NamedTensor& t : qat->state()) {
      if (t.name == name) return t.value;
    }
    return Tensor();
  };
  const Tensor mean = statistic("bn0.running_mean"), var = statistic("bn0.running_var");
  REQUIRE(mean.defined());
  calibrate(*qat, batches, {.batches = 3}, ctx);
  for (std::int64_t c = 0; c < 3; ++c) {
    double m = 0, v = 0;
    for (const Batch& b : batches) {
      const std::int64_t n = b.x.numel() / 3;
      double sum = 0, squares = 0;
      for (std::int64_t i = 0; i < n; ++i) sum += double(b.x.r()[3 * i + c]);
      for (std::int64_t i = 0; i < n; ++i) {
        const double d = double(b.x.r()[3 * i + c]) - sum / static_cast<double>(n);
        squares += d * d;
      }
      m += sum / static_cast<double>(n) / 3;
      v += squares / static_cast<double>(n - 1) / 3;
    }
    CHECK(double(mean.r()[c]) == doctest::Approx(m).epsilon(1e-5));
    CHECK(double(var.r()[c]) == doctest::Approx(v).epsilon(1e-5));
  }
  const Tensor estimated = mean.clone();
  optim::Adam adam(qat->parameters(), {.lr = 1e-3});
  for (const Batch& b : batches) train_step(*qat, ctx, adam, b);
  CHECK(std::memcmp(mean.raw(), estimated.raw(), mean.bytes()) == 0);

  CHECK_THROWS_WITH_AS(qat->restore_stage(Stage::train_bn), doctest::Contains("no stage train_bn"),
                       Error);
  const QatModelPtr other = prepare_qat(trace(model, batches[0].x), per_tensor());
  other->calibrate(ctx, batches[0].x);
  CHECK_THROWS_WITH_AS(other->advance(Stage::train_bn), doctest::Contains("no stage train_bn"),
                       Error);
}

TEST_CASE("one scale per tensor: what counts in the estimate of batch norm") {
  Context ctx;
  const auto shared = std::make_shared<Tower>();
  const Tensor low = Tensor::full({8, 4, 4, 2}, -1), high = Tensor::full({8, 4, 4, 2}, 1);
  QConfig config = per_tensor();  // inputs that no observer looks at
  config.inputs = {{"a", {1.0f / 64, 0}}, {"b", {1.0f / 64, 0}}};
  const QatModelPtr qat = prepare_qat(trace(*shared, {low, high}, {.inputs = {"a", "b"}}), config);
  const auto mean = [&] {
    for (const NamedTensor& t : qat->state()) {
      if (t.name.ends_with("running_mean")) return double(t.value.r()[0]);
    }
    return std::nan("");
  };

  Tensor broken = low.clone();
  broken.r()[0] = std::numeric_limits<real>::quiet_NaN();
  CHECK_THROWS_WITH_AS(qat->calibrate(ctx, {broken, broken}), doctest::Contains("not finite"),
                       Error);
  // Statistics that several calls share: every call counts.
  qat->calibrate(ctx, {low, high});
  CHECK(mean() == doctest::Approx(0));
  qat->calibrate(ctx, {high, high});
  CHECK(mean() == doctest::Approx(0.5));

  // Any other forward observes ranges, no more.
  qat->eval();
  Tape tape(ctx, GradMode::off);
  const std::vector<Var> x{tape.input(low), tape.input(low)};
  (*qat)(x);
  CHECK(mean() == doctest::Approx(0.5));
}

TEST_CASE("one scale per tensor: a bias far beyond the weights makes the scale coarser") {
  Context ctx;
  auto batches = random_batches({6, 10, 8, 3}, 2, 4);
  const auto model = std::make_shared<Layers>();
  for (const NamedParameter& p : model->named_parameters()) {
    if (p.name == "last.weight") {
      for (real& v : p.parameter->value.span<real>()) v *= 1e-12f;
    }
    if (p.name == "last.bias") p.parameter->value.r()[1] = 1000;
  }
  const QatModelPtr ptq = prepare_ptq(trace(model, batches[0].x), per_tensor());
  calibrate(*ptq, batches, {.batches = 2}, ctx);
  ConvertReport report;
  const int8::Model converted = convert(*ptq, ctx, &report);
  CHECK(report.parity.different == 0);
  ptq->eval();
  Tape tape(ctx, GradMode::off);
  const Tensor y = (*ptq)(tape.input(batches[0].x)).value();
  CHECK(double(y.r()[1]) == doctest::Approx(1000).epsilon(0.01));
}
