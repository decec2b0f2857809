// prepare, train and convert whole networks: at every stage and in both roundings the training
// forward and the integer graph agree on every code of every layer.
#include <doctest/doctest.h>

#include <cstring>

#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "quant/qops/qconv.h"
#include "tests/quant/batches.h"
#include "tests/quant/roundings.h"

using namespace octet;
using namespace octet::quant;
using test::Batch;
using test::random_batches;
using test::random_input;
using test::train_step;

namespace {

int8::Model reference(QatModel& qat) {
  int8::ModelOptions options;
  options.isa = int8::Isa::portable;
  options.fuse = false;
  options.ops = &int8::all_ops();
  return int8::Model(lower(qat), options);
}

/// Everything awkward at once: pre-activation batch norm, a ReLU read twice, stride 2 with pads
/// that are not SAME, grouped and depthwise and dilated convolutions, padded pools, a negative
/// gamma, a bias in front of batch norm, ReLU6, a sum of a sum.
class Awkward final : public Module {
 public:
  Awkward() {
    Init init(5);
    const auto conv = [&](const char* name, Conv2dOptions o) {
      return register_module(name, std::make_shared<Conv2d>(o, init));
    };
    bn0_ = register_module("bn0", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 3}));
    c1_ = conv("c1", {.in_channels = 3,
                      .out_channels = 8,
                      .kernel = 3,
                      .stride = 2,
                      .padding = Padding2d::all(1)});
    bn1_ = register_module("bn1", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 8}));
    c2_ = conv("c2", {.in_channels = 8,
                      .out_channels = 8,
                      .kernel = 3,
                      .padding = Padding2d::all(2),
                      .dilation = 2,
                      .groups = 2,
                      .bias = false});
    bn2_ = register_module("bn2", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 8}));
    dw_ = conv("dw", {.in_channels = 8,
                      .out_channels = 16,
                      .kernel = 3,
                      .padding = Padding2d::all(1),
                      .groups = 8});
    c3_ = conv("c3", {.in_channels = 16, .out_channels = 8, .kernel = 1});
    fc_ = register_module("fc", std::make_shared<Linear>(LinearOptions{8 * 3 * 2, 4}, init));
    for (const NamedParameter& p : named_parameters()) {
      if (p.name == "bn1.weight" || p.name == "bn1.gamma") p.parameter->value.r()[2] = -0.7f;
    }
  }
  Var forward(Var x) override {
    Var a = relu((*bn1_)((*c1_)((*bn0_)(x))));
    Var b = relu6((*bn2_)((*c2_)(a)));
    Var s = a + b;
    Var p = relu(s);
    Var q = s + relu6((*c3_)((*dw_)(p)));
    Window2d w;
    w.kernel_h = w.kernel_w = 3;
    w.stride_h = w.stride_w = 2;
    w.padding = Padding2d::all(1);
    Var m = max_pool2d(q, w);
    w.stride_h = w.stride_w = 1;
    return (*fc_)(flatten(avg_pool2d(m, w, true)));
  }

 private:
  std::shared_ptr<BatchNorm2d> bn0_, bn1_, bn2_;
  std::shared_ptr<Conv2d> c1_, c2_, dw_, c3_;
  std::shared_ptr<Linear> fc_;
};

struct Net {
  const char* name;
  ModulePtr model;
  Shape input;
};

std::vector<Net> nets() {
  return {{"awkward", std::make_shared<Awkward>(), {6, 10, 8, 3}},
          {"lenet", zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12}), {6, 12, 12, 1}},
          {"resnet8", zoo::resnet8({.classes = 4, .in_h = 16, .in_w = 16}), {6, 16, 16, 3}},
          {"mobilenet_v2",
           zoo::mobilenet_v2({.classes = 4, .in_h = 32, .in_w = 32, .width = 0.25}),
           {4, 32, 32, 3}}};
}

}  // namespace

TEST_CASE("training forward and integer graph agree at every stage, in every rounding") {
  for (const Net& net : nets()) {
    for (const int8::Rounding rounding : test::every_rounding) {
      CAPTURE(net.name);
      CAPTURE(static_cast<int>(rounding));
      Context ctx(2);
      QConfig config;
      config.rounding = rounding;
      config.input = QuantParams{1.0f / 255, -128};
      const QatModelPtr owner = prepare_qat(
          trace(net.model, net.input.rank() ? random_input(9, net.input) : Tensor()), config);
      QatModel& qat = *owner;
      const auto batches = random_batches(net.input, 3, 4);
      calibrate(qat, batches, {.batches = 2}, ctx);
      CHECK(qat.stage() == Stage::train_bn);
      optim::Adam adam(qat.parameters(), {.lr = 1e-3});
      for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
        CAPTURE(stage_name(stage));
        qat.advance(stage);
        for (const Batch& b : batches) train_step(qat, ctx, adam, b);
        ConvertReport report;
        const int8::Model model = convert(qat, ctx, &report);
        CHECK(report.parity.compared > 0);
        CHECK(report.parity.different == 0);
        const Parity parity = compare_codes(qat, ctx, reference(qat), batches[2].x);
        CHECK(parity.different == 0);
        CHECK(parity.layer == "");

        // The fused model on this machine's kernels gives the training forward's logits.
        qat.eval();
        Tape tape(ctx, GradMode::off);
        const Tensor logits = qat(tape.input(batches[2].x)).value();
        int8::ExecutionContext engine(model,
                                      {.batch = static_cast<int>(net.input[0]), .threads = 2});
        const int8::ValueInfo in = model.inputs()[0], out = model.outputs()[0];
        auto codes = engine.input(0);
        for (std::size_t i = 0; i < codes.size(); ++i) {
          codes[i] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(
              std::round(batches[2].x.r()[i] / in.scale) + static_cast<float>(in.zero_point),
              -128.0f, 127.0f)));
        }
        engine.run();
        const auto y = engine.output(0);
        REQUIRE(static_cast<std::int64_t>(y.size()) == logits.numel());
        int different = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
          const auto code = static_cast<std::int8_t>(y[i]);
          different += logits.r()[i] != out.scale * static_cast<float>(code - out.zero_point);
        }
        CHECK(different == 0);
      }
    }
  }
}

TEST_CASE("from frozen_bn on, the forward of a training step is the engine's too") {
  Context ctx(2);
  const auto model = std::make_shared<Awkward>();
  const auto batches = random_batches({6, 10, 8, 3}, 2, 4);
  const QatModelPtr owner = prepare_qat(trace(*model, batches[0].x), QConfig{});
  QatModel& qat = *owner;
  calibrate(qat, batches, {.batches = 2}, ctx);
  qat.advance(Stage::frozen_bn);
  const auto codes_of = [&](bool training) {
    qat.train(training);
    Tape tape(ctx);
    tape.keep_inner_values();
    qat(tape.input(batches[0].x));
    std::vector<std::int8_t> all;
    for (int id = 0; id < tape.size(); ++id) {
      const Tensor& v = tape.node(id).value;
      if (!v.defined() || v.dtype() != ElementType::i8) continue;
      const auto s = v.span<std::int8_t>();
      all.insert(all.end(), s.begin(), s.end());
    }
    return all;
  };
  const auto evaluation = codes_of(false);  // first: a training forward moves observers
  CHECK(codes_of(true) == evaluation);
  CHECK(evaluation.size() > 1000);
}

TEST_CASE("the same codes and weights whichever kernels train") {
  std::vector<std::byte> first;
  for (const int8::Isa isa : int8::available_isas()) {
    CAPTURE(int8::isa_name(isa));
    Context ctx(2);
    QConfig config;
    config.isa = isa;
    const auto batches = random_batches({4, 12, 12, 1}, 2, 4);
    const QatModelPtr owner = prepare_qat(
        trace(zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12}), batches[0].x), config);
    QatModel& qat = *owner;
    calibrate(qat, batches, {.batches = 2}, ctx);
    optim::Adam adam(qat.parameters(), {.lr = 1e-3});
    for (const Batch& b : batches) train_step(qat, ctx, adam, b);
    std::vector<std::byte> state;
    for (const NamedTensor& t : qat.state()) {
      state.insert(state.end(), t.value.raw(), t.value.raw() + t.value.bytes());
    }
    if (first.empty()) first = state;
    CHECK(state == first);
  }
}

TEST_CASE("a difference is found and named") {
  Context ctx;
  const auto batches = random_batches({4, 12, 12, 1}, 1, 4);
  const QatModelPtr owner =
      prepare_qat(trace(zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12}), batches[0].x), {});
  QatModel& qat = *owner;
  calibrate(qat, batches, {}, ctx);
  int8::Graph graph = lower(qat);
  // Change the bias of the second convolution by a lot.
  int seen = 0;
  std::string layer;
  for (const int8::Node& n : graph.nodes) {
    if (n.op != int8::OpCode::conv_2d || ++seen != 2) continue;
    int8::TensorDef& bias = graph.tensors[static_cast<std::size_t>(n.inputs[2])];
    std::vector<std::int32_t> codes(static_cast<std::size_t>(bias.shape[0]));
    std::memcpy(codes.data(), bias.constant.data, bias.constant.size);
    for (auto& c : codes) c += 5000;
    bias.constant = int8::own_bytes(std::as_bytes(std::span<const std::int32_t>(codes)));
    layer = graph.tensors[static_cast<std::size_t>(n.outputs[0])].name;
  }
  int8::ModelOptions options;
  options.isa = int8::Isa::portable;
  options.fuse = false;
  const Parity parity = compare_codes(qat, ctx, int8::Model(graph, options), batches[0].x);
  CHECK(parity.different > 0);
  CHECK(parity.layer == layer);
  CHECK(parity.expected != parity.got);
}

TEST_CASE("post-training quantization: calibration leads to frozen observers") {
  Context ctx;
  const auto batches = random_batches({4, 16, 16, 3}, 3, 4);
  for (const ObserverKind kind : {ObserverKind::min_max, ObserverKind::moving_average}) {
    QConfig config;
    config.observer = kind;
    const QatModelPtr owner = prepare_ptq(
        trace(zoo::resnet8({.classes = 4, .in_h = 16, .in_w = 16}), batches[0].x), config);
    QatModel& ptq = *owner;
    CHECK_THROWS_WITH_AS(convert(ptq, ctx), doctest::Contains("calibrat"), Error);
    calibrate(ptq, batches, {.batches = 3}, ctx);
    CHECK(ptq.stage() == Stage::frozen_observers);
    ConvertReport report;
    convert(ptq, ctx, &report);
    CHECK(report.parity.different == 0);
    CHECK(report.layers.size() == 10);
  }
}

TEST_CASE("prepare leaves the float model alone and refuses what has no int8 form") {
  Context ctx;
  const auto model = std::make_shared<Awkward>();
  std::vector<Tensor> before;
  for (const NamedTensor& t : model->state()) before.push_back(t.value.clone());
  const auto batches = random_batches({6, 10, 8, 3}, 2, 4);
  const QatModelPtr owner = prepare_qat(trace(*model, batches[0].x), {});
  QatModel& qat = *owner;
  CHECK_THROWS_AS(calibrate(qat, std::vector<Batch>{}, {}, ctx), Error);
  {
    Tape tape(ctx);
    CHECK_THROWS_WITH_AS(qat(tape.input(batches[0].x)), doctest::Contains("calibrate"), Error);
  }
  CHECK_THROWS_AS(qat.advance(Stage::frozen_bn), Error);
  calibrate(qat, batches, {}, ctx);
  CHECK_THROWS_AS(qat.advance(Stage::calibrate), Error);
  optim::Adam adam(qat.parameters(), {.lr = 1e-2});
  train_step(qat, ctx, adam, batches[0]);
  std::size_t i = 0;
  for (const NamedTensor& t : model->state()) {
    CAPTURE(t.name);
    CHECK(std::memcmp(t.value.raw(), before[i].raw(), before[i].bytes()) == 0);
    ++i;
  }

  class Squared final : public Module {
    Var forward(Var x) override { return cross_entropy(flatten(x), labels_); }
    Tensor labels_ = Tensor::zeros({6}, ElementType::i32);
  };
  CHECK_THROWS_AS(prepare_qat(trace(std::make_shared<Squared>(), batches[0].x), {}), Error);
}

TEST_CASE("large inputs: no channel is lost to a scale's floor") {
  for (const float std : {1e-12f, 1e-6f, 1.0f}) {
    CAPTURE(std);
    Context ctx;
    auto batches = random_batches({8, 12, 12, 1}, 3, 4);
    for (Batch& b : batches) {
      for (real& v : b.x.span<real>()) v = 255 * v / std;
    }
    const ModulePtr model = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
    for (int i = 0; i < 30; ++i) {  // the statistics of batch norm
      Tape tape(ctx, GradMode::off);
      (*model)(tape.input(batches[static_cast<std::size_t>(i) % batches.size()].x));
    }
    QConfig config;
    const float mean_0[] = {0.5f}, std_0[] = {std};
    config.input = input_params(mean_0, std_0);
    const QatModelPtr owner = prepare_qat(trace(model, batches[0].x), config);
    QatModel& qat = *owner;
    calibrate(qat, batches, {}, ctx);
    ConvertReport report;
    convert(qat, ctx, &report);
    for (const LayerReport& l : report.layers) {
      CAPTURE(l.layer);
      CHECK(l.constant_channels == 0);
    }
    CHECK(report.coarse.empty());
    qat.eval();
    Tape tape(ctx, GradMode::off);
    const Tensor logits = qat(tape.input(batches[0].x)).value();
    const auto first = logits.span<real>().first(4), second = logits.span<real>().subspan(4, 4);
    CHECK_FALSE(std::equal(first.begin(), first.end(), second.begin()));
  }
}

TEST_CASE("a value too small for its scale is reported") {
  Context ctx;
  const auto batches = random_batches({4, 12, 12, 1}, 1, 4);
  const ModulePtr model = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  for (const NamedParameter& p : model->named_parameters()) {
    if (p.name.find("fc2") == std::string::npos) continue;
    for (real& v : p.parameter->value.span<real>()) v *= 1e-5f;
  }
  const QatModelPtr owner = prepare_qat(trace(model, batches[0].x), {});
  QatModel& qat = *owner;
  calibrate(qat, batches, {}, ctx);
  ConvertReport report;
  convert(qat, ctx, &report);
  REQUIRE(report.coarse.size() == 1);
  CHECK(report.coarse[0].layer == "fc2");
  CHECK(report.coarse[0].codes < 10);
}

TEST_CASE("ranges and weights that are not finite name their layer") {
  Context ctx;
  const auto batches = random_batches({4, 12, 12, 1}, 2, 4);
  const ModulePtr model = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  const QatModelPtr owner = prepare_qat(trace(model, batches[0].x), {});
  QatModel& qat = *owner;
  calibrate(qat, batches, {}, ctx);
  const auto error = [&] {
    try {
      Tape tape(ctx, GradMode::off);
      qat(tape.input(batches[0].x));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  for (const QuantizedTensorPtr& v : qat.values()) {
    if (!v->observed()) continue;
    real* range = v->observer->state().r();
    const real max = range[1];
    range[1] = std::numeric_limits<real>::infinity();
    CHECK(error().find("layer " + v->name + ": activation range") != std::string::npos);
    range[1] = max;
  }
  for (const NamedParameter& p : qat.named_parameters()) {
    CAPTURE(p.name);
    real& w = p.parameter->value.r()[0];
    const real before = std::exchange(w, std::numeric_limits<real>::quiet_NaN());
    std::string layer = p.name.substr(0, p.name.find('.'));
    if (layer.starts_with("bn")) layer.replace(0, 2, "conv");  // folded into it
    CHECK(error().find("layer " + layer + ": ") != std::string::npos);
    w = before;
  }
  CHECK(error() == "");
}

TEST_CASE("a batch norm's dead channel ships its constant and is reported") {
  Context ctx;
  const auto batches = random_batches({4, 12, 12, 1}, 2, 4);
  const ModulePtr model = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  int found = 0;
  for (const NamedParameter& p : model->named_parameters()) {
    if (p.parameter->value.shape() != Shape{32}) continue;
    const bool gamma = p.name.find("weight") != std::string::npos;
    p.parameter->value.r()[3] = gamma ? 0.0f : 0.3f;  // beta > 0: behind the ReLU it is not masked
    ++found;
  }
  REQUIRE(found == 2);
  const QatModelPtr owner = prepare_qat(trace(model, batches[0].x), {});
  QatModel& qat = *owner;
  calibrate(qat, batches, {}, ctx);
  ConvertReport report;
  convert(qat, ctx, &report);
  int constant = 0;
  for (const LayerReport& l : report.layers) constant += l.constant_channels;
  CHECK(constant == 1);
  optim::Adam adam(qat.parameters(), {.lr = 1e-2});
  train_step(qat, ctx, adam, batches[0]);  // line 27: it can revive
  convert(qat, ctx, &report);
  constant = 0;
  for (const LayerReport& l : report.layers) constant += l.constant_channels;
  CHECK(constant == 0);
}
