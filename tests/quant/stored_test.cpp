// QConfig::stored: networks that come with the quantization of a file.
#include <doctest/doctest.h>

#include <cmath>

#include "core/ops/ops.h"
#include "interop/tflite/writer.h"
#include "layers/linear.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "quant/weights/weight_quantizer.h"
#include "tests/custom_module.h"
#include "tests/quant/batches.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;
using octet::test::random_batches;
using octet::test::random_input;

namespace {

using Value = StoredQuantization::Value;

/// What a file of the converted `qat` would store for the nodes of the float `graph`: of those that
/// became one op the last one has its params.
StoredQuantization stored_of(const GraphModule& graph, const QatModel& qat) {
  std::map<std::string, QuantParams> made;
  for (const GraphNode& n : qat.graph().nodes()) {
    const auto* op = dynamic_cast<const QOp*>(n.op.get());
    if (op && op->out) made[op->layer] = op->out->params;
  }
  StoredQuantization stored;
  std::vector<QuantParams> of(graph.nodes().size());
  for (std::size_t id = 0; id < graph.nodes().size(); ++id) {
    const GraphNode& n = graph.nodes()[id];
    if (n.kind == Tape::Kind::input) {
      of[id] = made.at("input");
      stored.values["input"] = {of[id].scale, of[id].zero_point};
    } else if (n.kind == Tape::Kind::op) {
      const auto at = made.find(n.name);
      const auto before = static_cast<std::size_t>(n.inputs[0]);
      of[id] = at != made.end() ? at->second : of[before];
      stored.values[n.name] = {of[id].scale, of[id].zero_point};
      if (at == made.end()) stored.values.erase(graph.nodes()[before].name);
    } else if (n.kind == Tape::Kind::param && n.shape.rank() > 1) {
      const std::int64_t taps = n.shape.numel() / n.shape[0];
      for (std::int64_t c = 0; c < n.shape[0]; ++c) {
        float most = 0;
        for (std::int64_t i = 0; i < taps; ++i)
          most = std::max(most, std::fabs(n.parameter->value.r()[c * taps + i]));
        stored.weights[n.name].push_back(symmetric_scale(most, 127));
      }
    }
  }
  return stored;
}

std::vector<std::byte> file_of(QatModel& qat) {
  Context ctx(2);
  ConvertReport report;
  const int8::Model model = convert(qat, ctx, &report);
  CHECK(report.parity.compared > 0);
  return serialize_tflite(model.graph());
}

QConfig keeping(StoredQuantization stored) {
  QConfig config;
  config.stored = std::move(stored);
  config.stored_use = StoredUse::keep;
  return config;
}

QatModelPtr kept(const GraphModule& graph, StoredQuantization stored) {
  const QatModelPtr qat = prepare_ptq(graph, keeping(std::move(stored)));
  qat->finish_calibration();
  return qat;
}

ModulePtr linear_layer() {
  Init init(1);
  return std::make_shared<Linear>(LinearOptions{4, 3}, init);
}

std::shared_ptr<GraphModule> traced(std::function<Var(Var)> f, const Shape& shape) {
  test::Custom net(std::move(f));
  return trace(net, Tensor::zeros(shape));
}

/// Names of the file's operators.
std::string ops_of(QatModel& qat) {
  std::string all;
  for (const int8::Node& n : lower(qat).nodes)
    all += (all.empty() ? "" : " ") + std::string(int8::op_name(n.op));
  return all;
}

QuantParams params_of(QatModel& qat, const std::string& layer) {
  for (const int8::TensorDef& t : lower(qat).tensors) {
    if (t.name == layer) return {t.quantization.scale.at(0), t.quantization.zero_point.at(0)};
  }
  FAIL("no value " << layer);
  return {};
}

std::string refusal(const GraphModule& graph, const QConfig& config) {
  try {
    prepare_ptq(graph, config);
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("stored: what a file has, kept, gives the file again without a calibration") {
  const struct {
    std::string name;
    ModulePtr model;
    Shape input;
  } nets[] = {
      {"lenet", zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12}), {6, 12, 12, 1}},
      {"resnet8", zoo::resnet8({.classes = 4, .in_h = 16, .in_w = 16}), {6, 16, 16, 3}},
      {"mobilenet_v2",
       zoo::mobilenet_v2({.classes = 4, .in_h = 32, .in_w = 32, .width = 0.25}),
       {4, 32, 32, 3}},
      {"squeezenet", zoo::squeezenet1_1({.classes = 4, .in_h = 32, .in_w = 32}), {4, 32, 32, 3}},
  };
  for (const auto& net : nets) {
    CAPTURE(net.name);
    Context ctx(2);
    const auto graph = trace(net.model, random_input(9, net.input));
    const QatModelPtr observed = prepare_ptq(*graph, QConfig{});
    calibrate(*observed, random_batches(net.input, 2, 4), {}, ctx);
    const std::vector<std::byte> file = file_of(*observed);
    const QatModelPtr again = kept(*graph, stored_of(*graph, *observed));
    CHECK(again->sample().empty());
    CHECK(file_of(*again) == file);
  }
}

TEST_CASE("stored: what is kept stays through training, with batch norm too") {
  const Shape input{6, 12, 12, 1};
  const ModulePtr model = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  const auto graph = trace(model, random_input(9, input));
  Context ctx(2);
  const auto batches = random_batches(input, 3, 4);
  const QatModelPtr observed = prepare_ptq(*graph, QConfig{});
  calibrate(*observed, batches, {}, ctx);
  const StoredQuantization stored = stored_of(*graph, *observed);
  const QatModelPtr qat = prepare_qat(*graph, keeping(stored));
  qat->finish_calibration();
  CHECK(qat->stage() == Stage::train_bn);
  optim::Adam adam(qat->parameters(), {.lr = 1e-2});
  for (const test::Batch& b : batches) test::train_step(*qat, ctx, adam, b);
  CHECK(stored_of(*graph, *qat).values == stored.values);
  file_of(*qat);  // checks the codes of training against those of the file
}

TEST_CASE("stored: weights have their scales and stop at 127 codes") {
  Context ctx(2);
  const float w[] = {1.27f, -0.5f, 0.05f, 0.15f, -0.25f, 10};
  const Tensor weight = Tensor::from<float>({2, 3}, w);
  const WeightQuantizerPtr by_channel = make_stored_weight_quantizer({0.01f, 0.1f});
  CHECK(!by_channel->folds_first());
  const WeightCodes q = by_channel->quantize(ctx, weight, {.layer = "layer"});
  const int expected[] = {127, -50, 5, 2, -3, 100};  // halves away from zero
  for (std::size_t i = 0; i < 6; ++i) CHECK(int(q.codes.span<std::int8_t>()[i]) == expected[i]);
  const WeightQuantizerPtr single = make_stored_weight_quantizer({0.001f});
  CHECK(!single->folds_first());
  const WeightCodes s = single->quantize(ctx, weight, {.layer = "layer"});
  const int clamped[] = {127, -127, 50, 127, -127, 127};
  for (std::size_t i = 0; i < 6; ++i) CHECK(int(s.codes.span<std::int8_t>()[i]) == clamped[i]);
  CHECK_THROWS_WITH_AS(
      make_stored_weight_quantizer({1, 1, 1})->quantize(ctx, weight, {.layer = "c"}),
      doctest::Contains("layer c: expected a scale for each of 2"), Error);
  CHECK_THROWS_AS(make_stored_weight_quantizer({1, 0}), Error);
}

TEST_CASE("stored: one scale of a weight stays one, and one for each channel behind a batch norm") {
  const ModulePtr layer = linear_layer();
  const auto graph = trace(layer, Tensor::zeros({2, 4}));
  StoredQuantization stored;
  stored.values = {{"input", {0.5f, 0}}, {graph->nodes().back().name, {0.25f, 3}}};
  stored.weights = {{"weight", {0.125f}}};
  const QatModelPtr qat = kept(*graph, stored);
  for (const int8::TensorDef& t : lower(*qat).tensors) {
    if (t.name.ends_with(".weight")) CHECK(t.quantization.scale == std::vector{0.125f});
  }
}

TEST_CASE("stored: a quantizer between two ops keeps them apart if it rounds differently") {
  const auto graph = traced([](Var x) { return relu(x + x); }, {1, 2, 2, 4});
  const auto file = [&](Value sum, Value clamp) {
    const QatModelPtr qat =
        kept(*graph, {{{"input", {0.5f, 0}}, {"add", sum}, {"relu", clamp}}, {}});
    CHECK(params_of(*qat, clamp == sum ? "add" : "relu") ==
          QuantParams{clamp.scale, clamp.zero_point});
    return ops_of(*qat);
  };
  CHECK(file({0.5f, 3}, {0.5f, 3}) == "ADD");
  CHECK(file({0.5f, 3}, {0.25f, -128}) == "ADD RELU");
  // Of those that are fused the last one counts that has any.
  QatModelPtr qat = kept(*graph, {{{"input", {0.5f, 0}}, {"relu", {0.25f, -128}}}, {}});
  CHECK(ops_of(*qat) == "ADD");
  CHECK(params_of(*qat, "add") == QuantParams{0.25f, -128});
  qat = kept(*graph, {{{"input", {0.5f, 0}}, {"add", {0.5f, 3}}}, {}});
  CHECK(ops_of(*qat) == "ADD");
  CHECK(params_of(*qat, "add") == QuantParams{0.5f, 3});
}

TEST_CASE("stored: a move has its operand's params, or a QUANTIZE behind it") {
  Window2d w;
  w.kernel_h = w.kernel_w = w.stride_h = w.stride_w = 2;
  const auto graph =
      traced([w](Var x) { return tanh(flatten(max_pool2d(abs(x), w))); }, {1, 4, 4, 2});
  StoredQuantization stored{{{"input", {0.5f, 0}}, {"abs", {0.25f, 1}}}, {}};
  CHECK(ops_of(*kept(*graph, stored)) == "ABS MAX_POOL_2D RESHAPE TANH");
  stored.values["max_pool2d"] = {0.125f, -5};
  QatModelPtr qat = kept(*graph, stored);
  CHECK(ops_of(*qat) == "ABS MAX_POOL_2D QUANTIZE RESHAPE TANH");
  CHECK(params_of(*qat, "reshape") == QuantParams{0.125f, -5});
  // Found behind the moves where the value itself has none.
  stored.values = {{"input", {0.5f, 0}}, {"reshape", {0.25f, 1}}};
  qat = kept(*graph, stored);
  CHECK(ops_of(*qat) == "ABS MAX_POOL_2D RESHAPE TANH");
  CHECK(params_of(*qat, "abs") == QuantParams{0.25f, 1});
}

TEST_CASE("stored: an average pool rounds, so that its params are not its operand's") {
  const auto graph = traced([](Var x) { return global_avg_pool(abs(x)); }, {1, 4, 4, 2});
  StoredQuantization stored{{{"input", {0.5f, 0}}, {"abs", {0.25f, 1}}}, {}};
  CHECK(ops_of(*kept(*graph, stored)) == "ABS AVERAGE_POOL_2D");
  stored.values["global_avg_pool"] = {0.125f, -5};
  CHECK(ops_of(*kept(*graph, stored)) == "ABS MEAN");
  Window2d w;
  w.kernel_h = w.kernel_w = w.stride_h = w.stride_w = 2;
  const auto windows = traced([w](Var x) { return avg_pool2d(abs(x), w, true); }, {1, 4, 4, 2});
  stored.values = {{"input", {0.5f, 0}}, {"abs", {0.25f, 1}}, {"avg_pool2d", {0.0625f, -5}}};
  QatModelPtr qat = kept(*windows, stored);
  CHECK(ops_of(*qat) == "ABS DEPTHWISE_CONV_2D");
  CHECK(params_of(*qat, "avg_pool2d") == QuantParams{0.0625f, -5});
  Context ctx;  // |x| is 1/2 to 4 halves: their mean is a code of a sixteenth
  Tensor x = Tensor::empty({1, 4, 4, 2});
  for (std::int64_t i = 0; i < 32; ++i) x.r()[i] = real(i % 9 - 4) / 2;
  Tape tape(ctx, GradMode::off);
  const Tensor y = (*qat)(tape.input(x)).value();
  Tape plain(ctx, GradMode::off);
  const Tensor expected = (*windows)(plain.input(x)).value();
  for (std::int64_t i = 0; i < y.numel(); ++i) CHECK(y.r()[i] == expected.r()[i]);

  stored.values = {{"input", {0.5f, 0}}, {"global_avg_pool", {0.125f, -5}}};
  CHECK_THROWS_WITH_AS(kept(*graph, stored), doctest::Contains("value abs has no observed range"),
                       Error);
  QConfig config;
  config.stored = stored;  // to start with, it is near enough
  CHECK(prepare_qat(*graph, config)->values()[1]->seen());
}

TEST_CASE("stored: parts of a concatenation, and constants") {
  const auto graph = traced(
      [](Var x) {
        const Var parts[] = {abs(x), elu(x), tanh(x)};
        return concat(parts, -1) * 0.75f;
      },
      {1, 2, 2, 4});
  StoredQuantization stored{{{"input", {0.5f, 0}},
                             {"abs", {0.25f, 1}},
                             {"elu", {0.5f, 2}},
                             {"concat", {0.5f, 2}},
                             {"mul", {0.25f, 9}}},
                            {}};
  QatModelPtr qat = kept(*graph, stored);
  CHECK(ops_of(*qat) == "ABS ELU TANH QUANTIZE QUANTIZE CONCATENATION MUL");
  CHECK(params_of(*qat, "concat") == QuantParams{0.5f, 2});
  stored.values.erase("elu");  // it has the params of the whole
  CHECK(ops_of(*kept(*graph, stored)) == "ABS ELU TANH QUANTIZE QUANTIZE CONCATENATION MUL");
  std::vector<GraphNode> nodes = graph->nodes();
  for (GraphNode& n : nodes) {
    if (n.kind == Tape::Kind::constant) n.name = "c";
  }
  stored.values["c"] = {0.25f, -100};
  qat = kept(GraphModule(nodes, graph->inputs(), graph->outputs()), stored);
  CHECK(params_of(*qat, "mul.constant") == QuantParams{0.25f, -100});
}

TEST_CASE("stored: what the format fixes and what QConfig says of inputs wins") {
  const auto graph = traced([](Var x) { return sigmoid(x); }, {1, 4});
  QConfig config = keeping({{{"input", {0.5f, 0}}, {"sigmoid", {0.1f, 7}}}, {}});
  config.input = QuantParams{0.25f, 3};
  const QatModelPtr qat = prepare_ptq(*graph, config);
  qat->finish_calibration();
  CHECK(params_of(*qat, "input") == QuantParams{0.25f, 3});
  CHECK(params_of(*qat, "sigmoid") == QuantParams{1.0f / 256, -128});
}

TEST_CASE("stored: ranges to start with, which training moves, and a state that is resumed") {
  const ModulePtr layer = linear_layer();
  const auto graph = trace(layer, Tensor::zeros({2, 4}));
  const std::string y = graph->nodes().back().name;
  QConfig config;
  config.stored.values = {{"input", {0.5f, -28}}, {y, {0.25f, 0, 0, 15}}};
  const QatModelPtr qat = prepare_qat(*graph, config);
  for (const QuantizedTensorPtr& v : qat->values()) CHECK(v->seen());
  CHECK(qat->values()[0]->range().min == -50);
  CHECK(qat->values()[0]->range().max == 77.5);
  CHECK(qat->values()[1]->range().max == 3.75);  // 15 codes of a quarter
  Context ctx;
  qat->calibrate(ctx, Tensor::full({2, 4}, 127.5f));
  CHECK(qat->values()[0]->range().max == doctest::Approx(77.5 + 0.01 * 50));
  CHECK(qat->values()[0]->range().min == doctest::Approx(-50 + 0.01 * 177.5));
  qat->finish_calibration();
  const QatModelPtr resumed = prepare_qat(*graph, config);
  resumed->load_state(qat->state());
  resumed->restore_stage(qat->stage());
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(resumed->values()[i]->range().max == qat->values()[i]->range().max);
  }
  config.stored.values.clear();
  CHECK_NOTHROW(prepare_qat(*graph, config)->load_state(qat->state()));
}

TEST_CASE("stored: what the network does not have, and params that are none") {
  const ModulePtr layer = linear_layer();
  const auto graph = trace(layer, Tensor::zeros({2, 4}));
  const auto of_value = [&](const std::string& name, Value v, StoredUse use = StoredUse::start) {
    QConfig config;
    config.stored.values = {{name, v}};
    config.stored_use = use;
    return refusal(*graph, config);
  };
  const auto of_weight = [&](const std::string& name, std::vector<float> scales) {
    QConfig config;
    config.stored.weights = {{name, std::move(scales)}};
    return refusal(*graph, config);
  };
  CHECK(of_value("inputs", {}) == "prepare: QConfig::stored: the network has no value 'inputs'");
  CHECK(of_value("input", {0, 0}).ends_with("value 'input': expected a finite scale > 0, got 0"));
  CHECK(of_value("input", {-1, 0}).ends_with("got -1"));
  CHECK(of_value("input", {INFINITY, 0}).ends_with("got inf"));
  CHECK(of_value("input", {1, 128}).ends_with("a zero point in [-128, 127], got 128"));
  CHECK(of_value("input", {1, 0, 0, 300})
            .ends_with("expected codes within [-128, 127], got 0 to 300"));
  CHECK(of_value("input", {1, 0, 0, 15}) == "nothing thrown");
  CHECK(of_value("input", {1, 0, 0, 15}, StoredUse::keep).ends_with("cannot be kept"));
  CHECK(of_value("input", {1e-9f, 0}, StoredUse::keep).ends_with("got 1e-09"));
  CHECK(of_weight("bias ", {1}).ends_with("the network has no parameter 'bias '"));
  CHECK(of_weight("weight", {1, 1}).ends_with("parameter 'weight': expected 1 or 3 scales, got 2"));
  CHECK(of_weight("weight", {1, 1, 0}).ends_with("expected finite scales > 0, got 0"));
}
