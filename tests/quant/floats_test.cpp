// Layers that stay in floats: islands between DEQUANTIZE and QUANTIZE. Training computes the bits
// of the file's float operators, and their gradient is the float network's.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "core/ops/function_op.h"
#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/custom_module.h"
#include "tests/quant/batches.h"
#include "tests/quant/roundings.h"

using namespace octet;
using namespace octet::quant;
using test::Batch;
using test::Custom;

namespace {

using Record = std::function<Var(Var)>;

Tensor some_constant(const Shape& shape) {
  Tensor t = Tensor::empty(shape);
  Random random(11);
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform(0.4, 1.5));
  return t;
}
Var constant(Var x, const Shape& shape) {
  return x.tape->constant(some_constant(shape));
}

struct OpCase {
  const char* name;
  Record record;  ///< of x [N, 6, 4, 8], from 0.2 to 2.7
};

const OpCase op_cases[] = {
    {"div", [](Var x) { return slice(x, 3, 0, 4) / slice(x, 3, 4, 8); }},
    {"div by rows",
     [](Var x) {
       return x / mean(x, {1, 2}, true);
     }},
    {"div by a constant",
     [](Var x) {
       return x / constant(x, {4, 1});
     }},
    {"constant over x", [](Var x) { return real(1.5) / x; }},
    {"pow", [](Var x) { return pow(slice(x, 3, 0, 4), slice(x, 3, 4, 8)); }},
    {"power", [](Var x) { return pow(x, real(1.3)); }},
    {"square", [](Var x) { return pow(x, 2); }},
    {"add", [](Var x) { return x + x; }},
    {"sub, neg", [](Var x) { return -(constant(x, {8}) - x); }},
    {"mul",
     [](Var x) {
       return x * constant(x, {1, 4, 8});
     }},
    {"minimum, maximum",
     [](Var x) {
       return minimum(x, maximum(transpose(x, {0, 1, 2, 3}), real(1.1)));
     }},
    {"relu", [](Var x) { return relu(x - real(1)); }},
    {"relu6", [](Var x) { return relu6(x * real(5) - real(2)); }},
    {"hard_tanh", [](Var x) { return hard_tanh(x - real(1)); }},
    {"leaky_relu", [](Var x) { return leaky_relu(x - real(1), real(0.2)); }},
    {"softmax", [](Var x) { return softmax(x); }},
    {"softmax of another axis", [](Var x) { return softmax(x, 1); }},
    {"log_softmax", [](Var x) { return log_softmax(x); }},
    {"mean",
     [](Var x) {
       return mean(x, {1, 2}, true);
     }},
    {"sum", [](Var x) { return sum(x, {-1}); }},
    {"reduce_max, reduce_min",
     [](Var x) { return reduce_max(x, {1}, true) - reduce_min(x, {1}, true); }},
    {"global average pool", [](Var x) { return global_avg_pool(x); }},
    {"layer_norm of pixels",
     [](Var x) { return layer_norm(x, constant(x, {8}), constant(x, {8})); }},
    {"layer_norm without beta",
     [](Var x) {
       return layer_norm(x, constant(x, {4, 8}));
     }},
    {"group_norm", [](Var x) { return group_norm(x, constant(x, {8}), constant(x, {8}), 2); }},
    {"instance_norm", [](Var x) { return instance_norm(x, constant(x, {8}), constant(x, {8})); }},
    {"reshape",
     [](Var x) {
       return reshape(x, {4, 48}) * real(1.1);
     }},
    {"slice, concat",
     [](Var x) {
       return concat({slice(x, 1, 1, 6, 2), slice(x, 1, 0, 2)}, 1);
     }},
    {"transpose",
     [](Var x) {
       return transpose(x, {0, 3, 1, 2});
     }},
    {"pad2d",
     [](Var x) {
       return pad2d(x, {1, 0, 2, 1});
     }},
    {"pad2d with a value",
     [](Var x) {
       return pad2d(x, {1, 0, 2, 1}, real(-1.25));
     }},
    {"pad of channels",
     [](Var x) {
       return pad(x, {0, 0, 0, 1}, {0, 0, 0, 2}, PadMode::constant, real(0.5));
     }},
    {"pad, reflected",
     [](Var x) {
       return pad(x, {0, 2, 1, 0}, {0, 1, 1, 0}, PadMode::reflect);
     }},
    {"depth_to_space, space_to_depth",
     [](Var x) { return space_to_depth(depth_to_space(x, 2) * real(1.1), 2); }},
    {"nearest", [](Var x) { return resize_nearest(x, 9, 8); }},
    {"bilinear", [](Var x) { return resize_bilinear(x, 9, 7); }},
    {"max_pool2d",
     [](Var x) {
       return max_pool2d(x, {3, 3, 2, 2, 1, 1, Padding2d::all(1)});
     }},
    {"avg_pool2d",
     [](Var x) {
       return avg_pool2d(x, {2, 3, 2, 1, 1, 1, {}});
     }},
    {"matmul",
     [](Var x) {
       return matmul(x, transpose(x, {0, 1, 3, 2}));
     }},
    {"tile",
     [](Var x) {
       return tile(mean(x, {1}, true), {1, 3, 1, 2});
     }},
    {"expand",
     [](Var x) {
       return expand(mean(x, {1, 3}, true), {6, 4, 8});
     }},
    {"dropout", [](Var x) { return dropout(x * real(1.1), 0.5, 3) * real(0.9); }},
#define OCTET_ACTIVATION(Name, function, op) {#function, [](Var x) { return octet::function(x); }},
#include "core/ops/activations.inc"
};

bool has_float_form(const OpCase& c) {
  return std::string_view(c.name) != "erf";
}

constexpr QuantParams input_params_{0.01f, -128};

/// Exact codes from 0.21 on.
Tensor exact_input(std::uint64_t seed, const Shape& shape) {
  return test::exact_codes(seed, shape, input_params_, -107);
}

QConfig config_with(std::vector<std::string> float_layers) {
  QConfig config;
  config.input = input_params_;
  config.observer = ObserverKind::min_max;
  config.float_layers = std::move(float_layers);
  return config;
}

/// Calibrated on `x`.
QatModelPtr calibrated(Module& model, const Tensor& x, const QConfig& config) {
  const QatModelPtr qat = prepare_qat(*trace(model, x), config);
  calibrate(*qat, std::vector<Batch>{{x, {}}});
  return qat;
}

struct Result {
  Tensor y, dx;
};
/// Of loss = sum of y w, w seeded.
Result run(Context& ctx, Module& model, const Tensor& x) {
  Tape tape(ctx);
  const Var in = tape.input(x, true), y = model(in);
  Tensor w = Tensor::empty(y.shape());
  Random random(3);
  for (real& v : w.span<real>()) v = static_cast<real>(random.uniform(-1.0, 1.0));
  std::vector<int> axes;
  for (int d = 0; d < y.shape().rank(); ++d) axes.push_back(d);
  tape.backward(sum(y * tape.constant(w), axes));
  return {y.value().clone(), tape.grad(in).clone()};
}

double largest_of(const Tensor& t) {
  double largest = 0;
  for (const real v : t.span<real>()) largest = std::max(largest, std::fabs(double(v)));
  return largest;
}
double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  double largest = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i)
    largest = std::max(largest, std::fabs(double(a.r()[i]) - double(b.r()[i])));
  return largest;
}
bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

Tensor forward(Module& model, const Tensor& x, int threads = 2) {
  Context ctx(threads);
  const EvaluationMode mode(model);
  Tape tape(ctx, GradMode::off);
  return model(tape.input(x)).value().clone();
}

/// Bytes of the model's outputs on the codes of `x`.
std::vector<std::vector<std::byte>> engine_outputs(const int8::Model& model, const Tensor& x) {
  const auto batch = static_cast<int>(x.shape()[0]);
  int8::ExecutionContext engine(model, {.batch = batch, .threads = 2});
  const auto input = engine.input(0);
  for (std::size_t i = 0; i < input.size(); ++i) {
    const float code = std::round(x.r()[i] / model.inputs()[0].scale) +
                       static_cast<float>(model.inputs()[0].zero_point);
    input[i] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(code, -128.f, 127.f)));
  }
  engine.run();
  std::vector<std::vector<std::byte>> outputs;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto y = engine.output(static_cast<int>(i));
    outputs.emplace_back(y.begin(), y.end());
  }
  return outputs;
}

std::string ops_of(const int8::Graph& graph) {
  std::string names;
  for (const int8::Node& n : graph.nodes)
    names += (names.empty() ? "" : " ") + std::string(int8::op_name(n.op));
  return names;
}
std::string ops_of(QatModel& qat) {
  return ops_of(lower(qat));
}

/// conv, the op as module "island", linear.
class Around final : public Module {
 public:
  explicit Around(const Record& op) {
    Init init(2);
    first_ = register_module(
        "first",
        std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 3, .out_channels = 8}, init));
    island_ = register_module("island", std::make_shared<Custom>(op));
    Tape shapes;
    const Var after = op(shapes.input(Tensor::full({1, 6, 4, 8}, 1)));
    last_ = register_module(
        "last", std::make_shared<Linear>(LinearOptions{after.shape().numel(), 3}, init));
  }
  Var forward(Var x) override {
    const Var positive = relu((*first_)(x)) + real(0.2);
    return (*last_)(flatten((*island_)(positive)));
  }

 private:
  std::shared_ptr<Conv2d> first_;
  std::shared_ptr<Custom> island_;
  std::shared_ptr<Linear> last_;
};

/// Trains a step in every stage and converts.
void check_conversion(QatModel& qat, const Tensor& x) {
  Context ctx(2, 1);
  const Batch batch{x, test::random_labels(1, x.shape()[0], 3)};
  optim::Adam adam(qat.parameters(), {.lr = 3e-3});
  for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
    CAPTURE(stage_name(stage));
    qat.advance(stage);
    ++ctx.step;
    test::train_step(qat, ctx, adam, batch);
    ConvertReport report;
    const int8::Model model = convert(qat, ctx, &report);
    CHECK(report.parity.compared > 0);
    CHECK(report.parity.different == 0);
  }
}

}  // namespace

TEST_CASE("float layers: the network's own values and gradients, where nothing else is quantized") {
  const Tensor x = exact_input(1, {3, 6, 4, 8});
  for (const OpCase& c : op_cases) {
    if (!has_float_form(c)) continue;
    CAPTURE(std::string(c.name));
    Custom model(c.record);
    const QatModelPtr qat = calibrated(model, x, config_with({"*"}));
    qat->eval();
    model.eval();
    Context ctx(2);
    const Result got = run(ctx, *qat, x), expected = run(ctx, model, x);
    CHECK(difference(got.y, expected.y) <= 2e-5 * largest_of(expected.y));
    CHECK(difference(got.dx, expected.dx) <= 2e-5 * largest_of(expected.dx));
    CHECK(largest_of(expected.dx) > 0);
    // The output is the file's, bit for bit, on every number of threads and in every batch.
    const int8::Model file = convert(*qat, ctx);
    const Tensor y = forward(*qat, x);
    const auto bytes = engine_outputs(file, x);
    REQUIRE(bytes[0].size() == y.bytes());
    CHECK(file.outputs()[0].type == int8::DType::f32);
    CHECK(std::memcmp(bytes[0].data(), y.raw(), y.bytes()) == 0);
    CHECK(same_bits(forward(*qat, x, 1), y));
    CHECK(same_bits(run(ctx, *qat, x).y, y));
    const Tensor first = Tensor::from({1, 6, 4, 8}, x.span<real>().first(192));
    const Tensor alone = forward(*qat, first);
    CHECK(std::memcmp(alone.raw(), y.raw(), alone.bytes()) == 0);
  }
}

TEST_CASE("float layers between others: trained in every stage, every code and float equal") {
  const Tensor x = exact_input(2, {4, 6, 4, 3});
  for (const OpCase& c : op_cases) {
    if (!has_float_form(c)) continue;
    CAPTURE(std::string(c.name));
    for (const int8::Rounding rounding : test::every_rounding) {
      Around net(c.record);
      QConfig config = config_with({"island*"});
      config.rounding = rounding;
      const QatModelPtr qat = calibrated(net, x, config);
      const std::string ops = ops_of(*qat);
      CHECK(ops.find(" DEQUANTIZE ") != ops.npos);
      CHECK(ops.find(" QUANTIZE ") != ops.npos);
      check_conversion(*qat, x);
    }
  }
}

TEST_CASE("float layers: what ops become") {
  const Tensor x = exact_input(1, {2, 6, 4, 8});
  const auto ops = [&](const Record& record) {
    Custom model(record);
    return ops_of(*calibrated(model, x, config_with({"*"})));
  };
  CHECK(ops([](Var v) { return layer_norm(v, constant(v, {8}), constant(v, {8})); }) ==
        "DEQUANTIZE MEAN SQUARED_DIFFERENCE MEAN ADD RSQRT SUB MUL MUL ADD");
  CHECK(ops([](Var v) { return silu(v); }) == "DEQUANTIZE LOGISTIC MUL");
  CHECK(ops([](Var v) { return octet::exp(v) / v; }) == "DEQUANTIZE EXP DIV");
}

namespace {

/// Inner values of a stem, two islands, and a value that is read inside and outside of one.
class Islands final : public MultiModule {
 public:
  Islands() {
    Init init(5);
    const auto conv = [&](const char* name, int in, int out) {
      return register_module(
          name,
          std::make_shared<Conv2d>(Conv2dOptions{.in_channels = in, .out_channels = out}, init));
    };
    stem_ = conv("stem", 3, 8);
    middle_ = conv("middle", 8, 8);
    last_ = conv("last", 8, 4);
    gamma_ = register_parameter("norm.gamma", Tensor::full({8}, 1));
    beta_ = register_parameter("norm.beta", Tensor::zeros({8}));
    norm_ = register_module("norm_island", std::make_shared<Custom>([this](Var x) {
                              return layer_norm(x, x.tape->param(gamma_), x.tape->param(beta_));
                            }));
    decode_ = register_module("decode", std::make_shared<Custom>([](Var x) {
                                const Var size = octet::exp(slice(x, 3, 0, 2)),
                                          y = slice(x, 3, 2, 4);
                                return size / (y * y + real(1));
                              }));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image] = take<1>(x);
    const Var features = relu((*stem_)(image));
    const Var norm = (*norm_)(features);
    const Var deep = (*middle_)(norm) + features;  // read on codes, too
    const Var raw = (*last_)(deep);
    return {(*decode_)(raw), raw, norm};
  }

 private:
  std::shared_ptr<Conv2d> stem_, middle_, last_;
  ParameterPtr gamma_, beta_;
  std::shared_ptr<Custom> norm_, decode_;
};

QatModelPtr islands(const Tensor& x, const QConfig& config) {
  Islands net;
  return calibrated(net, x, config);
}

void train_step(QatModel& qat, Context& ctx, optim::Optimizer& optimizer, const Tensor& x) {
  ++ctx.step;
  qat.train();
  Tape tape(ctx);
  const std::vector<Var> y = qat(std::vector{tape.input(x)});
  Var loss = mse_loss(y[0], Tensor::zeros(y[0].shape()));
  for (std::size_t k = 1; k < y.size(); ++k)
    loss = loss + mse_loss(y[k], Tensor::full(y[k].shape(), real(0.3)));
  optimizer.zero_grad();
  tape.backward(loss);
  optimizer.step(ctx);
}

}  // namespace

TEST_CASE("two islands, values read inside and outside of them, floats and codes as outputs") {
  const Tensor x = exact_input(4, {4, 6, 5, 3});
  const QatModelPtr qat = islands(x, config_with({"norm_island", "decode*"}));
  CHECK(ops_of(*qat) ==
        "CONV_2D DEQUANTIZE MEAN SQUARED_DIFFERENCE MEAN ADD RSQRT SUB MUL MUL ADD QUANTIZE "
        "CONV_2D ADD CONV_2D DEQUANTIZE STRIDED_SLICE EXP STRIDED_SLICE MUL ADD DIV");
  Context ctx(2);
  optim::Adam adam(qat->parameters(), {.lr = 1e-3});
  for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
    qat->advance(stage);
    for (int step = 0; step < 2; ++step) train_step(*qat, ctx, adam, x);
    ConvertReport report;
    const int8::Model model = convert(*qat, ctx, &report);
    CHECK(report.parity.different == 0);
    REQUIRE(model.outputs().size() == 3);
    CHECK(model.outputs()[0].type == int8::DType::f32);
    CHECK(model.outputs()[1].type == int8::DType::i8);
    CHECK(model.outputs()[2].type == int8::DType::f32);
    const EvaluationMode mode(*qat);
    Tape tape(ctx, GradMode::off);
    const std::vector<Var> y = (*qat)(std::vector{tape.input(x)});
    const auto bytes = engine_outputs(model, x);
    for (const std::size_t i : {0, 2}) {
      REQUIRE(bytes[i].size() == y[i].value().bytes());
      CHECK(std::memcmp(bytes[i].data(), y[i].value().raw(), bytes[i].size()) == 0);
    }
  }
}

TEST_CASE("a float layer trains its parameters, and a run goes on from its state") {
  const Tensor x = exact_input(4, {4, 6, 5, 3});
  const QConfig config = config_with({"norm_island", "decode*"});
  Context ctx(2);
  const auto steps = [&](QatModel& qat, int n) {
    optim::Sgd sgd(qat.parameters(), {.lr = 1e-2, .momentum = 0});
    for (int i = 0; i < n; ++i) train_step(qat, ctx, sgd, x);
  };
  const QatModelPtr whole = islands(x, config), first = islands(x, config),
                    resumed = islands(x, config);
  for (QatModel* qat : {whole.get(), first.get(), resumed.get()}) qat->advance(Stage::frozen_bn);
  steps(*whole, 4);
  steps(*first, 2);
  resumed->load_state(first->state());
  steps(*resumed, 2);
  const auto expected = whole->state(), got = resumed->state();
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(got[i].name);
    CHECK(same_bits(got[i].value, expected[i].value));
    if (got[i].name == "norm.beta") CHECK(largest_of(got[i].value) > 0);
  }
}

TEST_CASE("QUANTIZE behind an island: its range is observed, what it clips has no gradient") {
  Custom model([](Var x) { return relu(x * real(2)); });
  const Tensor x = exact_input(1, {2, 6, 4, 8});
  Tensor narrow = x.clone();
  for (real& v : narrow.span<real>()) v *= real(0.5);
  const QatModelPtr qat = calibrated(model, narrow, config_with({"mul*"}));
  CHECK(ops_of(*qat) == "DEQUANTIZE MUL QUANTIZE RELU");
  Context ctx;
  qat->advance(Stage::frozen_observers);
  qat->train();
  const Result clipped = run(ctx, *qat, x);
  const float limit = largest_of(narrow) * 2;
  int zeros = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const bool beyond = x.r()[i] * 2 > limit * 1.01f;
    if (beyond) CHECK(clipped.dx.r()[i] == 0);
    zeros += beyond;
  }
  CHECK(zeros > 20);
  // In a stage that observes, the range follows.
  const QatModelPtr wide = calibrated(model, narrow, config_with({"mul*"}));
  wide->advance(Stage::frozen_bn);
  wide->train();
  for (int step = 0; step < 2; ++step) run(ctx, *wide, x);  // MUL's, then RELU's
  const Result open = run(ctx, *wide, x);
  int still = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) still += open.dx.r()[i] == 0;
  CHECK(still == 0);
}

TEST_CASE("float layers that cannot be are refused by name, all at once") {
  const Tensor x = exact_input(1, {2, 6, 4, 8});
  const auto message = [&](const Record& record, std::vector<std::string> floats) -> std::string {
    Custom model(record);
    try {
      prepare_qat(*trace(model, x), config_with(std::move(floats)));
    } catch (const Error& e) {
      return e.what();
    }
    return "none";
  };
  CHECK(message([](Var v) { return v / (v + real(1)); }, {}) ==
        "prepare: layer div: op div has no int8 form");
  CHECK(message([](Var v) { return v / (v + real(1)); }, {"div"}) == "none");
  const Record mixed = [](Var v) {
    const Var up = resize_bilinear(octet::erf(v), 12, 8);
    return softplus(reduce_max(up / max_pool2d(up, {}), {0}, true));
  };
  CHECK(message(mixed, {"*"}) ==
        "prepare: layer erf: op erf cannot stay in floats; layer reduce_max: op reduce_max of the "
        "batch cannot stay in floats");
  const auto twice = std::make_shared<FunctionOp>(
      "twice", [](real v) { return 2 * v; }, [](real) { return real(2); });
  CHECK(
      message([&](Var v) { return apply_function(twice, v); }, {"twice"}) ==
      "prepare: layer twice: op twice (your own: a table of int8 codes, no float operator) cannot "
      "stay in floats");
  CHECK(message([](Var v) { return softplus(octet::erf(v)); }, {"erf"}) ==
        "prepare: layer erf: op erf cannot stay in floats; layer softplus: op softplus has no int8 "
        "form");
  CHECK(message([](Var v) { return v / v; }, {"head.*"}) ==
        "prepare: float_layers: no layer matches 'head.*'; the nearest name is 'div'");
  CHECK(
      message([](Var v) { return v / octet::exp(constant(v, {8})); }, {"*"}) ==
      "prepare: layer exp: it is not computed from the network's input; it cannot stay in floats");
  CHECK(message(
            [](Var v) {
              return flatten(v) / mean(v, {1, 2, 3}, true);
            },
            {"div"}) ==
        "prepare: layer div: its result [2, 1, 2, 192] has other dimensions or samples than "
        "operand 0 "
        "[2, 192]; it cannot stay in floats");
}
