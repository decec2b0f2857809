// What targets ask of quantization: zero points of 0, weights of fewer bits.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "deploy/targets.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/quant/batches.h"
#include "tests/quant/roundings.h"

using namespace octet;
using namespace octet::quant;
using int8::OpCode;
using test::Batch;
using test::random_batches;

namespace {

const std::array weighted{OpCode::conv_2d, OpCode::depthwise_conv_2d, OpCode::fully_connected,
                          OpCode::transpose_conv};

/// The largest magnitude of the codes of each node's weights.
std::vector<int> largest_codes(const int8::Graph& graph) {
  std::vector<int> largest;
  for (const int8::Node& n : graph.nodes) {
    if (std::ranges::find(weighted, n.op) == weighted.end()) continue;
    const int8::ConstBytes& w = graph.tensors[static_cast<std::size_t>(n.inputs[1])].constant;
    int most = 0;
    for (std::size_t i = 0; i < w.size; ++i)
      most = std::max(most, std::abs(static_cast<int>(static_cast<std::int8_t>(w.data[i]))));
    largest.push_back(most);
  }
  return largest;
}

/// Trains a step in each stage; codes of training and of the file are the same after each.
int8::Graph trained(QatModel& qat, const std::vector<Batch>& batches) {
  Context ctx(2);
  calibrate(qat, batches, {.batches = 2}, ctx);
  optim::Adam adam(qat.parameters(), {.lr = 1e-3});
  for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
    CAPTURE(stage_name(stage));
    if (stage < qat.first_stage()) continue;
    qat.advance(stage);
    test::train_step(qat, ctx, adam, batches[2]);
    ConvertReport report;
    const int8::Model model = convert(qat, ctx, &report);
    CHECK(report.parity.different == 0);
    CHECK(compare_codes(qat, ctx, model, batches[1].x).different == 0);
  }
  return lower(qat);
}

/// Concatenation, a constant operand, minimum and a padding with a value besides the zoo's layers.
class Joined final : public Module {
 public:
  Joined() {
    Init init(5);
    conv_ = register_module(
        "conv", std::make_shared<Conv2d>(
                    Conv2dOptions{.in_channels = 3, .out_channels = 4, .kernel = 3}, init));
    last_ = register_module("last", std::make_shared<Linear>(LinearOptions{8 * 30 * 30, 4}, init));
  }
  Var forward(Var x) override {
    const Var a = relu((*conv_)(x));
    const Var b = hard_swish(a);
    return (*last_)(flatten(concat({a * 0.5f + 0.25f, minimum(a, b)}, -1)));
  }

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<Linear> last_;
};

ModulePtr make_net(const std::string& name) {
  if (name == "joined") return std::make_shared<Joined>();
  return zoo::make_model(name, {.classes = 4, .in_h = 32, .in_w = 32, .in_c = 3, .width = 0.25});
}

}  // namespace

TEST_CASE("presets: QConfig's are those of the table of targets") {
  const std::pair<const char*, QConfig> presets[] = {{"tflite", QConfig::tflite()},
                                                     {"litert", QConfig::litert()},
                                                     {"tflm", QConfig::tflm()},
                                                     {"onnxruntime", QConfig::onnxruntime()},
                                                     {"openvino", QConfig::openvino()},
                                                     {"tensorrt", QConfig::tensorrt()},
                                                     {"mnn", QConfig::mnn()}};
  for (const auto& preset : presets) {
    CAPTURE(preset.first);
    const QConfig& config = preset.second;
    const deploy::Target& target = deploy::find_target(preset.first);
    CHECK(config.rounding == target.rounding);
    CHECK(config.activations.symmetric == target.symmetric_activations);
    CHECK(config.weights.bits == target.weight_bits);
  }
}

TEST_CASE("symmetric activations: zero points are 0 from calibration to the file") {
  for (const char* name : {"resnet8", "mobilenet_v3_small", "joined"}) {
    for (const int8::Rounding rounding : test::every_rounding) {
      CAPTURE(name);
      CAPTURE(int8::rounding_name(rounding));
      const auto batches = random_batches({4, 32, 32, 3}, 3, 4);
      QConfig config = QConfig::tensorrt();
      config.rounding = rounding;
      const QatModelPtr qat = prepare_qat(trace(make_net(name), batches[0].x), config);
      const int8::Graph graph = trained(*qat, batches);
      int values = 0;
      for (const int8::TensorDef& t : graph.tensors) {
        if (t.type != int8::DType::i8 || t.quantization.zero_point.size() != 1) continue;
        CAPTURE(t.name);
        CHECK(t.quantization.zero_point[0] == 0);
        ++values;
      }
      CHECK(values > 4);
      if (name ==
          std::string("resnet8")) {  // values that use one half of their codes are not coarse
        ConvertReport report;
        Context ctx(1);
        convert(*qat, ctx, &report);
        CHECK(report.coarse.empty());
      }
      // A value that is never below 0 uses the upper half of the codes.
      CHECK(qat->values()[1]->params.zero_point == 0);
    }
  }
}

TEST_CASE("symmetric activations: params of the format stay, others are refused") {
  const auto batches = random_batches({4, 32, 32, 3}, 1, 4);
  const auto net = trace(make_net("resnet8"), batches[0].x);
  QConfig config = QConfig::tensorrt();
  config.input = QuantParams{1.0f / 255, -128};
  CHECK_THROWS_WITH_AS(prepare_qat(net, config),
                       "prepare: input quantization: expected zero point 0, for activations are "
                       "symmetric, got -128",
                       Error);
  config.input = QuantParams{1.0f / 127, 0};
  CHECK_NOTHROW(prepare_qat(net, config));
  config.stored.values["input"] = {};
  config.stored.values["input"].scale = 0.5f;
  config.stored.values["input"].zero_point = 3;
  config.stored.values["input"].lowest = -128;
  config.stored.values["input"].highest = 127;
  CHECK_NOTHROW(prepare_qat(net, config));  // a range to start from
  config.stored_use = StoredUse::keep;
  CHECK_THROWS_WITH_AS(prepare_qat(net, config), doctest::Contains("expected zero point 0"), Error);
  config = {};
  config.activations.bits = 4;
  CHECK_THROWS_WITH_AS(prepare_qat(net, config), doctest::Contains("expected 8 bits"), Error);
  config.activations = QuantSpec::per_channel();
  CHECK_THROWS_WITH_AS(prepare_qat(net, config), doctest::Contains("and an axis"), Error);
}

TEST_CASE("7 bits: weight codes end at 63, in training, in the file and after PTQ") {
  for (const char* name : {"resnet8", "mobilenet_v1", "ds_cnn", "joined"}) {
    for (const bool per_tensor : {false, true}) {
      CAPTURE(name);
      CAPTURE(per_tensor);
      const auto batches = random_batches({4, 32, 32, 3}, 3, 4);
      QConfig config = QConfig::mnn();
      if (per_tensor) config.weights.axis.reset();
      const auto net = trace(make_net(name), batches[0].x);
      const QatModelPtr qat = prepare_qat(net, config);
      for (const int most : largest_codes(trained(*qat, batches))) {
        CHECK(most <= 63);
        if (!per_tensor) CHECK(most >= 62);
      }
      const QatModelPtr ptq = prepare_ptq(net, config);
      Context ctx;
      calibrate(*ptq, batches, {.batches = 2}, ctx);
      ConvertReport report;
      convert(*ptq, ctx, &report);
      CHECK(report.parity.different == 0);
      for (const int most : largest_codes(lower(*ptq))) CHECK(most <= 63);
    }
  }
}

TEST_CASE("7 bits and symmetric activations: a state goes on with the same bits") {
  const auto batches = random_batches({4, 32, 32, 3}, 3, 4);
  const auto net = trace(make_net("resnet8"), batches[0].x);
  QConfig config = QConfig::tensorrt();
  config.weights.bits = 7;
  const QatModelPtr qat = prepare_qat(net, config);
  const int8::Graph graph = trained(*qat, batches);
  const QatModelPtr again = prepare_qat(net, config);
  again->load_state(qat->state());
  again->restore_stage(qat->stage());
  Context ctx;
  const int8::Model model = convert(*qat, ctx);
  again->set_sample(qat->sample());
  CHECK(compare_codes(*again, ctx, model, batches[0].x).different == 0);
}
