// Files of our own become networks that train: what they ship as with the scales that the file has
// gives its codes, for every network of the zoo and every op that training writes; and fine-tuning.
#include <doctest/doctest.h>

#include <algorithm>

#include "data/readers.h"
#include "data/source.h"
#include "eval/evaluate.h"
#include "interop/tflite/writer.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "tests/custom_module.h"
#include "tests/interop/round_trip.h"
#include "tests/quant/batches.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;
using octet::test::Bytes;
using octet::test::different_codes;
using octet::test::import_bytes;
using octet::test::random_batches;
using octet::test::random_input;

namespace {

Bytes file_of(Module& net, const Shape& input, int8::Rounding rounding) {
  QConfig config;
  config.rounding = rounding;
  const QatModelPtr qat = prepare_ptq(*trace(net, random_input(9, input)), config);
  Context ctx(2);
  calibrate(*qat, random_batches(input, 2, 4), {.batches = 2}, ctx);
  return serialize_tflite(convert(*qat, ctx).graph());
}

void check_trip(Module& net, const Shape& input) {
  for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding}) {
    const Bytes file = file_of(net, input, rounding);
    const TfliteNetwork network = import_bytes(file);
    CHECK(network.rounding == rounding);
    CHECK(different_codes(file, network) == 0);
  }
}

}  // namespace

TEST_CASE("tflite in: every network of the zoo ships again with the same codes") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    zoo::NetworkOptions o = zoo::resolve_options(name);
    o.classes = zoo::is_classifier(name) ? 4 : 0;
    o.width = 0.25;
    if (o.in_h >= 32) o.in_h = o.in_w = name == "squeezenet1_1" ? 47 : 32;
    const ModulePtr net = zoo::make_model(name, o);
    check_trip(*net, {4, o.in_h, o.in_w, o.in_c});
  }
}

TEST_CASE("tflite in: every op that training writes") {
  const Shape image{4, 6, 6, 4};
  const auto check = [&](const char* what, std::function<Var(Var)> f) {
    CAPTURE(what);
    test::Custom net(std::move(f));
    check_trip(net, image);
  };
  Window2d window{3, 3, 2, 2, 1, 1, {}};
  Window2d padded = window;
  padded.padding = Padding2d::all(1);
  const auto constant = [](Var x, Tensor t) { return x.tape->constant(std::move(t)); };
  const auto weight = [](Shape s, std::uint64_t seed) {
    Tensor t = random_input(seed, s);
    for (real& v : t.span<real>()) v = 2 * v - 1;
    return std::make_shared<Parameter>(std::move(t));
  };
  const ParameterPtr w = weight({8, 3, 3, 4}, 1), grouped = weight({8, 3, 3, 2}, 2);
  const ParameterPtr depthwise = weight({8, 3, 3, 1}, 3), up = weight({3, 3, 3, 4}, 4);
  const ParameterPtr bias = weight({8}, 5), slopes = weight({4}, 6);
  const auto p = [](Var x, const ParameterPtr& parameter) { return x.tape->param(parameter); };
  const auto named = [&](const char* what, auto f,
                         std::vector<std::pair<const char*, ParameterPtr>> parameters) {
    CAPTURE(what);
    test::Custom net(f);
    for (const auto& [name, parameter] : parameters) net.register_parameter(name, parameter);
    check_trip(net, image);
  };
  named("convolutions", [&](Var x) { return relu6(conv2d(x, p(x, w), p(x, bias), padded)); },
        {{"w", w}, {"b", bias}});
  named("grouped", [&](Var x) { return hard_tanh(conv2d(x, p(x, grouped), window, 2)); },
        {{"w", grouped}});
  named("depthwise", [&](Var x) { return relu(conv2d(x, p(x, depthwise), p(x, bias), padded, 4)); },
        {{"w", depthwise}, {"b", bias}});
  for (const Padding2d& pads : {Padding2d{}, Padding2d::all(1), Padding2d::same_padding()}) {
    Window2d t = window;
    t.padding = pads;
    named("transposed", [&](Var x) { return conv_transpose2d(x, p(x, up), t); }, {{"w", up}});
  }
  named("prelu", [&](Var x) { return prelu(x - real(0.5), p(x, slopes)); }, {{"a", slopes}});

  check("sums and products", [](Var x) { return relu(x * x - (x + x) * real(0.3)) - real(0.1); });
  check("constants", [&](Var x) {
    Tensor row = random_input(7, {4});
    return minimum(maximum(x * constant(x, row) + constant(x, row), real(0.2)), real(0.7));
  });
  check("scalars", [](Var x) { return (real(2) - x) * real(-0.7) + real(0.3); });
  check("broadcast", [](Var x) { return x * global_avg_pool(x); });
  check("minimum of values", [](Var x) { return maximum(minimum(x, x * real(0.5)), -x); });
  check("functions", [](Var x) {
    Var y = hard_swish(leaky_relu(x - real(0.5), 0.2f)) + abs(elu(x)) + exp(-x) + gelu(x);
    return y + gelu_tanh(x) + log(x + real(1)) + rsqrt(x + real(1)) + sqrt(x) + tanh(x);
  });
  check("gates", [](Var x) { return silu(x) + hard_sigmoid(x) * sigmoid(x); });
  check("clamps", [](Var x) { return relu6(x * real(8)) + hard_tanh(x) + relu(x - real(0.5)); });
  check("pools", [&](Var x) {
    return avg_pool2d(max_pool2d(x, padded), Window2d{2, 2, 1, 1, 1, 1, Padding2d::all(1)}, true);
  });
  check("softmax of means", [](Var x) { return softmax(mean(x, {1, 2})); });
  check("mean with dimensions", [](Var x) { return mean(x, {3}, true); });
  check("pads", [](Var x) {
    return pad2d(pad2d(x, Padding2d::all(1)), {0, 1, 2, 0, false}, 0.4f);
  });
  check("moves", [](Var x) {
    Var y = transpose(slice(x, 1, 0, 6, 2), {0, 2, 3, 1});
    return reshape(y, {3, -1, 2});
  });
  check("blocks", [](Var x) { return space_to_depth(depth_to_space(x, 2), 4); });
  check("resizes", [](Var x) {
    Var y = resize_bilinear(resize_nearest(x, 9, 11), 12, 7);
    return resize_bilinear(y, 5, 5, Coordinates::align_corners);
  });
  check("cut concatenations", [](Var x) {
    return concat({x * real(0.05), sigmoid(x), x, concat({x, x * real(3)}, 3)}, 3);
  });
  check("parts", [](Var x) {
    const std::vector<Var> parts = split(x, 3, 2);
    return concat({parts[1], parts[0]}, 3);
  });
}

TEST_CASE("tflite in: layers with batch norm apart, and linear ones") {
  Init init(5);
  BatchNorm2d norm({.channels = 4});
  check_trip(norm, {4, 5, 5, 4});
  Linear linear({12, 5}, init);
  check_trip(linear, {4, 12});
  check_trip(linear, {4, 3, 12});
}

namespace {

struct Digits {
  DataSource source = open_data_source(DataFormat::hdf5, test::source_dir() / "data" / "digits.h5");
  Loader train() const { return loader(source.train, true); }
  Loader test() const { return loader(source.test, false); }
  static Loader loader(const Dataset& data, bool shuffle) {
    return Loader(data, {.batch = 50, .shuffle = shuffle, .seed = 3, .prefetch = 0});
  }
};

template <class Model>
void train_steps(Model& model, Loader& loader, Context& ctx, int steps, double rate) {
  optim::Adam adam(model.parameters(), {.lr = rate});
  for (int i = 0; i < steps; ++i) {
    ++ctx.step;
    const octet::Batch batch = loader.next();
    model.train();
    Tape tape(ctx);
    const Var loss = cross_entropy(model(tape.input(batch.x)), batch.y);
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
  }
}

std::int64_t correct(const int8::Model& model, const Digits& digits, Context& ctx) {
  Loader test = digits.test();
  return evaluate(model, test, ctx).correct;
}

}  // namespace

TEST_CASE("tflite in: a shipped network is fine-tuned and shipped again") {
  const Digits digits;
  Context ctx(2, 7);
  Loader train = digits.train();
  const ModulePtr lenet = zoo::lenet({.classes = 10, .in_h = 20, .in_w = 20, .width = 0.5});
  train_steps(*lenet, train, ctx, 60, 2e-3);
  const QatModelPtr ptq = prepare_ptq(*trace(lenet, train.next().x), QConfig::tflm());
  calibrate(*ptq, train, {.batches = 4}, ctx);
  const int8::Model shipped = convert(*ptq, ctx);
  const std::int64_t before = correct(shipped, digits, ctx);
  CHECK(before > 850);

  const Bytes file = serialize_tflite(shipped.graph());
  const TfliteNetwork network = import_bytes(file);
  CHECK(different_codes(file, network) == 0);
  QConfig config;
  config.rounding = network.rounding;
  config.stored = network.stored;
  config.stored_use = StoredUse::start;
  const QatModelPtr qat = prepare_qat(*network.graph, config);
  qat->finish_calibration();
  train_steps(*qat, train, ctx, 80, 1e-3);
  qat->advance(Stage::frozen_observers);
  ConvertReport report;
  const std::int64_t after = correct(convert(*qat, ctx, &report), digits, ctx);
  CHECK(report.parity.compared > 0);
  CHECK(report.parity.different == 0);
  MESSAGE("correct of 1000: ", before, " as shipped, ", after, " fine-tuned");
  CHECK(after >= before);
}
