// Layer errors and diagnoses on networks that were spoiled on purpose.
#include "quant/diagnosis/diagnose_int8.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "quant/diagnosis/compute_in_floats.h"
#include "quant/equalize.h"
#include "quant/prepare.h"
#include "tests/quant/batches.h"

using namespace octet;
using namespace octet::quant;

namespace {

constexpr std::int64_t classes = 6, extent = 8;

/// A bright stroke whose place and direction are the class, on noise; `contrast` scales all.
test::Batch strokes(std::uint64_t seed, std::int64_t n, double contrast = 1) {
  test::Batch batch{Tensor::empty({n, extent, extent, 1}), test::random_labels(seed, n, classes)};
  Random random(seed, 7);
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int32_t k = batch.y.data<std::int32_t>()[i];
    const std::int64_t at = 1 + 2 * (k % 3);
    for (std::int64_t p = 0; p < extent * extent; ++p) {
      const bool on = (k < 3 ? p / extent : p % extent) == at;
      batch.x.r()[i * extent * extent + p] =
          static_cast<real>(contrast * ((on ? 1.0 : 0.0) + 0.7 * random.uniform()));
    }
  }
  return batch;
}

struct Net {
  ModulePtr module;
  std::shared_ptr<GraphModule> graph;
  ParameterPtr parameter(const std::string& name) const {
    for (const NamedParameter& p : graph->named_parameters()) {
      if (p.name == name) return p.parameter;
    }
    FAIL("no parameter " << name);
    return nullptr;
  }
};

double accuracy(Module& network) {
  const test::Batch batch = strokes(99, 300);
  Context ctx(2);
  const EvaluationMode mode(network);
  Tape tape(ctx, GradMode::off);
  const Tensor y = network(tape.input(batch.x)).value();
  int right = 0;
  for (std::int64_t i = 0; i < 300; ++i) {
    const real* row = y.r() + i * classes;
    right += std::max_element(row, row + classes) - row == batch.y.data<std::int32_t>()[i];
  }
  return right / 300.0;
}

void train(Module& network, Context& ctx, double lr, int steps) {
  optim::Adam adam(network.parameters(), {.lr = lr});
  network.train();
  for (int step = 0; step < steps; ++step) {
    const test::Batch batch = strokes(1000 + static_cast<std::uint64_t>(step), 32);
    Tape tape(ctx);
    const Var loss = cross_entropy(network(tape.input(batch.x)), batch.y);
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
  }
  network.eval();
}

/// Trained: first (8 channels), second (8), classes.
Net trained() {
  Init init(1);
  const auto conv = [&](int in, int out) {
    return std::make_shared<Conv2d>(
        Conv2dOptions{
            .in_channels = in, .out_channels = out, .kernel = 3, .padding = Padding2d::all(1)},
        init);
  };
  Net net;
  net.module = std::make_shared<Sequential>(std::vector<std::pair<std::string, ModulePtr>>{
      {"first", conv(1, 8)},
      {"first_relu", std::make_shared<Relu>()},
      {"second", conv(8, 8)},
      {"second_relu", std::make_shared<Relu>()},
      {"pool", std::make_shared<MaxPool2d>(PoolOptions{.kernel = 2})},
      {"flatten", std::make_shared<Flatten>()},
      {"classes", std::make_shared<Linear>(LinearOptions{4 * 4 * 8, classes}, init)}});
  Context ctx(2);
  train(*net.module, ctx, 0.01, 60);
  net.graph = trace(net.module, Tensor::zeros({1, extent, extent, 1}));
  return net;
}

auto batches(int count, double contrast = 1) {
  return [=, left = count]() mutable {
    if (left-- == 0) return std::vector<Tensor>();
    return std::vector{strokes(200 + static_cast<std::uint64_t>(left), 32, contrast).x};
  };
}

QatModelPtr calibrated(const GraphModule& graph, const QConfig& config = {}, int count = 8,
                       double contrast = 1) {
  const QatModelPtr qat = prepare_ptq(graph, config);
  Context ctx(2);
  calibrate(*qat, batches(count, contrast), {.batches = count}, ctx);
  return qat;
}

struct Judged {
  QatModelPtr qat;
  std::vector<LayerError> layers;
  AccuracyInFloats in_floats;
  std::vector<Advice> advice;

  const LayerError& layer(const std::string& name) const {
    const auto at = std::ranges::find(layers, name, &LayerError::layer);
    REQUIRE(at != layers.end());
    return *at;
  }
  const Advice* advising(Knob knob) const {
    const auto at = std::ranges::find(advice, knob, &Advice::knob);
    return at == advice.end() ? nullptr : &*at;
  }
};

Judged judge(const Net& net, const QatModelPtr& qat, QuantizedRun run = {}) {
  Context ctx(2);
  Judged j;
  j.qat = qat;
  j.layers = measure_layer_errors(*qat, *net.graph, batches(3), ctx);
  j.in_floats = measure_in_floats(*qat, j.layers, accuracy);
  run.float_accuracy = accuracy(*net.graph);
  run.int8_accuracy = j.in_floats.int8;
  j.advice = diagnose_int8(run, j.layers, j.in_floats);
  MESSAGE("float " << run.float_accuracy << ", int8 " << run.int8_accuracy << "\n"
                   << layer_error_table(j.layers));
  for (const Advice& a : j.advice) MESSAGE(knob_name(a.knob) << ": " << a.text);
  return j;
}

/// One channel of the first layer is always 1000, and hardly read.
void spoil_channel(const Net& net) {
  Tensor weight = net.parameter("first.weight")->value, bias = net.parameter("first.bias")->value;
  Tensor reader = net.parameter("second.weight")->value;
  for (std::int64_t i = 0; i < 9; ++i) weight.r()[2 * 9 + i] = 0;
  bias.r()[2] = 1000;
  for (std::int64_t i = 2; i < reader.numel(); i += 8) reader.r()[i] = real(1e-6);
}

/// Two channels of the first layer are the same; one channel of the second takes 100 times their
/// difference, which is 0.
void spoil_weights(const Net& net) {
  Tensor weight = net.parameter("first.weight")->value, bias = net.parameter("first.bias")->value;
  Tensor reader = net.parameter("second.weight")->value;
  for (std::int64_t i = 0; i < 9; ++i) weight.r()[9 + i] = weight.r()[i];
  bias.r()[1] = bias.r()[0];
  for (std::int64_t i = 0; i < 9 * 8; i += 8) {
    reader.r()[i] = 100;
    reader.r()[i + 1] = -100;
  }
}

}  // namespace

TEST_CASE("a healthy network: small errors, figures that belong together, no advice") {
  const Net net = trained();
  const Judged j = judge(net, calibrated(*net.graph));
  CHECK(j.advice.empty());
  CHECK(j.in_floats.int8 > 0.95);
  REQUIRE(j.layers.size() == 4);  // input, first, second, classes
  CHECK(j.layer("first").ops == std::vector<std::string>{"first", "first_relu"});
  CHECK(j.layer("first").readers == std::vector<std::string>{"second"});
  CHECK(j.layer("second").readers == std::vector<std::string>{"pool", "flatten", "classes"});
  CHECK(j.layer("first").can_equalize);
  CHECK(!j.layer("second").can_equalize);
  CHECK(j.layer("classes").ops == std::vector<std::string>{"classes"});
  CHECK(j.layers[0].ops.empty());
  for (const LayerError& e : j.layers) {
    CAPTURE(e.layer);
    CHECK(e.sqnr > 20);
    CHECK(e.sqnr < 60);
    CHECK(e.channel_sqnr > 15);
    CHECK(e.saturated < 0.01);
    CHECK(e.codes > 100);
    CHECK(e.codes <= 256);
    CHECK(e.weight_spread == 0);  // a scale for each channel
    const double lowest = double(e.scale) * (-128 - e.zero_point);
    const double highest = double(e.scale) * (127 - e.zero_point);
    CHECK(e.min >= lowest * 1.3 - 0.01);
    CHECK(e.max <= highest * 1.3);
  }
  CHECK(j.layer("first").min == 0);  // behind the ReLU
}

TEST_CASE("all layers in floats are the float network; the errors are those of the codes") {
  const Net net = trained();
  const QatModelPtr qat = calibrated(*net.graph);
  const auto floats = compute_in_floats(*qat, [](const QOp&) { return true; });
  const auto none = compute_in_floats(*qat, [](const QOp&) { return false; });
  Context ctx(2);
  Tape tape(ctx, GradMode::off);
  net.graph->eval();
  qat->eval();
  const Tensor x = strokes(5, 10).x;
  const Tensor y = floats->forward(tape.input(x)).value();
  const Tensor expected = net.graph->forward(tape.input(x)).value();
  const Tensor codes = none->forward(tape.input(x)).value();
  const Tensor quantized = qat->forward(tape.input(x)).value();
  double signal = 0, noise = 0;
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    CHECK(y.r()[i] == doctest::Approx(expected.r()[i]).epsilon(1e-4));
    CHECK(codes.r()[i] == quantized.r()[i]);
    signal += std::pow(double(y.r()[i]), 2);
    noise += std::pow(double(quantized.r()[i]) - double(y.r()[i]), 2);
  }
  int left = 1;
  const auto layers = measure_layer_errors(
      *qat, *net.graph, [&] { return left-- > 0 ? std::vector{x} : std::vector<Tensor>(); }, ctx);
  CHECK(layers.back().sqnr == doctest::Approx(10 * std::log10(signal / noise)).epsilon(1e-3));
  CHECK_THROWS_WITH_AS(measure_layer_errors(
                           *qat, *net.graph, [] { return std::vector<Tensor>(); }, ctx),
                       doctest::Contains("there was no batch"), Error);
  CHECK_THROWS_WITH_AS(
      compute_in_floats(*prepare_ptq(*net.graph, {}), [](const QOp&) { return true; }),
      doctest::Contains("calibrate it first"), Error);
  Tape with_gradients(ctx);
  const Var loss = mse_loss(floats->forward(with_gradients.input(x, true)), y);
  CHECK_THROWS_WITH_AS(with_gradients.backward(loss), doctest::Contains("no gradient"), Error);
}

TEST_CASE("one huge channel: its layer is named, and equalizing or floats help as said") {
  const Net net = trained();
  spoil_channel(net);
  const Judged j = judge(net, calibrated(*net.graph));
  CHECK(j.in_floats.all_in_floats > 0.9);
  REQUIRE(j.in_floats.int8 < j.in_floats.all_in_floats - 0.15);
  REQUIRE(!j.advice.empty());
  CHECK(j.advice[0].layer == "first");
  CHECK(j.advice[0].knob == Knob::equalize);
  CHECK(j.advice[0].text.find("channel 2") != std::string::npos);
  const LayerError& first = j.layer("first");
  CHECK(first.largest_channel == 2);
  CHECK(first.channel_spread > 100);
  CHECK(first.sqnr > 30);  // the huge channel hides the others
  CHECK(first.channel_sqnr < 10);
  // Its result has one scale, whatever computes it: only with its readers.
  REQUIRE(first.accuracy_in_floats);
  CHECK(*first.accuracy_in_floats < (j.in_floats.int8 + j.in_floats.all_in_floats) / 2);
  REQUIRE(first.accuracy_with_readers);
  CHECK(*first.accuracy_with_readers > j.in_floats.all_in_floats - 0.05);
  CHECK(!j.advising(Knob::float_layers));  // convolutions cannot
  REQUIRE(j.advising(Knob::fine_tune));
  CHECK(j.advising(Knob::fine_tune)->layer == "first");
  CHECK(j.in_floats.evaluations <= 2 * 5 + 2);

  // What was advised.
  const auto even = net.graph->clone();
  Context ctx(2);
  CHECK(equalize(*even, batches(4), ctx) > 0);
  CHECK(accuracy(*even) > j.in_floats.all_in_floats - 0.05);
  // The first layer has a dead channel, too, whose weights would set the scale of the readers'.
  CHECK(accuracy(*calibrated(*even)) > j.in_floats.all_in_floats - 0.05);
}

TEST_CASE("weights of one scale with an outlying channel: per_channel, or that layer in floats") {
  const Net net = trained();
  spoil_weights(net);
  QConfig per_tensor;
  per_tensor.weights = QuantSpec::per_tensor();
  const Judged j = judge(net, calibrated(*net.graph, per_tensor));
  const double reachable = j.in_floats.all_in_floats;
  REQUIRE(j.in_floats.int8 < reachable - 0.2);
  REQUIRE(!j.advice.empty());
  CHECK(j.advice[0].knob == Knob::per_channel);
  CHECK(j.advice[0].layer == "second");
  CHECK(accuracy(*calibrated(*net.graph)) > j.in_floats.int8 + 0.1);

  const LayerError& second = j.layer("second");
  REQUIRE(second.accuracy_in_floats);
  CHECK(*second.accuracy_in_floats > reachable - 0.05);
  CHECK(second.float_layers.empty());  // a convolution
}

TEST_CASE("a layer in floats, measured, is what a network prepared so gives") {
  Init init(4);
  Net net;
  net.module = std::make_shared<Sequential>(std::vector<std::pair<std::string, ModulePtr>>{
      {"conv", std::make_shared<Conv2d>(
                   Conv2dOptions{.in_channels = 1, .out_channels = 4, .kernel = 3}, init)},
      {"gelu", std::make_shared<Gelu>()},
      {"flatten", std::make_shared<Flatten>()},
      {"classes", std::make_shared<Linear>(LinearOptions{6 * 6 * 4, classes}, init)}});
  net.graph = trace(net.module, Tensor::zeros({1, extent, extent, 1}));
  const Tensor x = strokes(5, 40).x;
  Context ctx(2);
  const auto forward = [&](Module& network) {
    const EvaluationMode mode(network);
    Tape tape(ctx, GradMode::off);
    return network(tape.input(x)).value().clone();
  };
  const Tensor expected = forward(*net.graph);
  const auto nearness = [&](Module& network) {  // larger is nearer to the float network
    const Tensor y = forward(network);
    double squares = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i)
      squares += std::pow(double(y.r()[i]) - double(expected.r()[i]), 2);
    return -std::sqrt(squares);
  };
  const QatModelPtr qat = calibrated(*net.graph);
  auto layers = measure_layer_errors(*qat, *net.graph, batches(2), ctx);
  const AccuracyInFloats measured = measure_in_floats(*qat, layers, nearness);
  const auto gelu = std::ranges::find(layers, "gelu", &LayerError::layer);
  REQUIRE(gelu != layers.end());
  CHECK(gelu->float_layers == std::vector<std::string>{"gelu"});
  CHECK(gelu->float_layers_with_readers.empty());  // linear layers cannot
  REQUIRE(gelu->accuracy_in_floats);
  // Its table of codes is the same function of the same codes.
  CHECK(*gelu->accuracy_in_floats == doctest::Approx(measured.int8).epsilon(0.05));
  QConfig config;
  config.float_layers = gelu->float_layers;
  CHECK(nearness(*calibrated(*net.graph, config)) ==
        doctest::Approx(*gelu->accuracy_in_floats).epsilon(0.05));
}

TEST_CASE("calibrated on pictures that are too dark: more batches, not training") {
  const Net net = trained();
  const Judged j = judge(net, calibrated(*net.graph, {}, 1, 0.1), {.calibration_batches = 1});
  REQUIRE(!j.advice.empty());
  CHECK(j.advice[0].knob == Knob::calibration_batches);
  CHECK(j.advice[0].text.find("(there were 1)") != std::string::npos);
  CHECK(!j.advising(Knob::learning_rate));
  CHECK(j.layer(j.advice[0].layer).saturated > 0.01);
}

TEST_CASE("a learning rate that is too high: good after calibration, bad after training") {
  const Net net = trained();
  const QatModelPtr qat = prepare_qat(*net.graph, {});
  Context ctx(2);
  calibrate(*qat, batches(8), {.batches = 8}, ctx);
  const double before = accuracy(*qat);
  CHECK(before > 0.95);
  train(*qat, ctx, 2.0, 12);
  const Judged j = judge(
      net, qat, {.calibrated_accuracy = before, .calibration_batches = 8, .learning_rate = 2});
  REQUIRE(j.in_floats.int8 < 0.6);
  REQUIRE(!j.advice.empty());
  CHECK(j.advice[0].knob == Knob::learning_rate);
  CHECK(j.advice[0].text.find("smaller learning rate (it was 2)") != std::string::npos);
  CHECK(!j.advising(Knob::float_layers));
}

TEST_CASE("the rules, on figures") {
  const AccuracyInFloats damaged{.int8 = 0.7, .all_in_floats = 0.71, .evaluations = 2};
  // One point is not worth a word.
  CHECK(diagnose_int8({.float_accuracy = 0.95, .int8_accuracy = 0.945}, {}, damaged).empty());
  // Small batches with batch statistics come before the learning rate.
  const QuantizedRun run{.float_accuracy = 0.95,
                         .int8_accuracy = 0.7,
                         .calibrated_accuracy = 0.94,
                         .batch = 2,
                         .batch_statistics = true};
  auto advice = diagnose_int8(run, {}, damaged);
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].knob == Knob::batch_norm);
  CHECK(advice[0].text.find("statistics of 2 samples") != std::string::npos);
  CHECK(advice[1].knob == Knob::learning_rate);
  // Lost in calibration already: training is not to blame. No layer stands out.
  QuantizedRun ptq = run;
  ptq.calibrated_accuracy = 0.71;
  const std::vector<LayerError> even{{.layer = "a", .sqnr = 30, .channel_sqnr = 30, .drop = 3},
                                     {.layer = "b", .sqnr = 25, .channel_sqnr = 25, .drop = 5}};
  advice = diagnose_int8(ptq, even, {});
  REQUIRE(advice.size() == 1);
  CHECK(advice[0].knob == Knob::fine_tune);
  CHECK(advice[0].layer == "b");
}

TEST_CASE("the rules for a layer, on figures") {
  const QuantizedRun run{.float_accuracy = 0.95, .int8_accuracy = 0.7};
  LayerError e{.layer = "a", .ops = {"a", "a_relu"}, .channel_sqnr = 3, .drop = 30};
  e.channel_spread = 100;
  e.accuracy_in_floats = 0.93;
  const AccuracyInFloats in_floats{.int8 = 0.7, .all_in_floats = 0.94, .evaluations = 3};
  auto advice = diagnose_int8(run, {e}, in_floats);
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].knob == Knob::bound_range);  // which equalize() cannot reach
  CHECK(advice[1].knob == Knob::fine_tune);    // nor can it stay in floats
  e.channel_spread = 1;
  e.float_layers = e.ops;
  advice = diagnose_int8(run, {e}, in_floats);
  REQUIRE(advice.size() == 1);
  CHECK(advice[0].knob == Knob::float_layers);
  CHECK(advice[0].layer == "a");
  CHECK(advice[0].text.find("93.0 % in place of 70.0 %") != std::string::npos);
  CHECK(advice[0].text.ends_with("keep in floats: a, a_relu"));
}

TEST_CASE("the table and JSON of layer errors") {
  const std::vector<LayerError> layers{{.layer = "conv\x1b",
                                        .min = -1.5,
                                        .max = 250,
                                        .scale = 0.5F,
                                        .zero_point = -3,
                                        .sqnr = 31.25,
                                        .channel_sqnr = 20,
                                        .saturated = 0.0012,
                                        .codes = 200,
                                        .accuracy_in_floats = 0.9875}};
  const std::string table = layer_error_table(layers);
  CHECK(table.find("conv?") != std::string::npos);
  CHECK(table.find("31.2") != std::string::npos);
  CHECK(table.find("0.12%") != std::string::npos);
  CHECK(table.find("98.75%") != std::string::npos);
  const auto json = nlohmann::json::parse(layer_error_json(layers));
  CHECK(json[0]["sqnr_db"] == 31.25);
  CHECK(json[0]["accuracy_in_floats"] == 0.9875);
  CHECK(!json[0].contains("accuracy_with_readers"));
}
