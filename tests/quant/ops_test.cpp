// Quantized ops other than convolutions, one network each: the gradient is the float function's at
// the dequantized operands, and training and the integer graph agree on every code.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/ops/function_op.h"
#include "core/random.h"
#include "int8/ops/catalogue.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "optim/adam.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/custom_module.h"
#include "tests/function_list.h"
#include "tests/quant/batches.h"
#include "tests/quant/roundings.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

namespace {

using Record = std::function<Var(Var)>;

struct OpCase {
  const char* name;
  Record record;  ///< of x [N, 6, 4, 8]
  /// Codes of the output may be this far from the float function on the same inputs.
  double steps = 1.01;
};

/// [1, 1, 1, 8] or any other shape: -1.5 to 1.5, none of them zero.
Tensor some_constant(const Shape& shape) {
  Tensor t = Tensor::empty(shape);
  Random random(11);
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform(0.2, 1.5));
  for (std::int64_t i = 0; i < t.numel(); i += 3) t.r()[i] = -t.r()[i];
  return t;
}
Var constant(Var x, const Shape& shape) {
  return x.tape->constant(some_constant(shape));
}

const auto softsign = std::make_shared<FunctionOp>(
    "softsign", [](real x) { return x / (1 + std::fabs(x)); },
    [](real x) { return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x))); });
const auto cube = std::make_shared<FunctionOp>(
    "cube", [](real x) { return x * x * x; }, [](real x) { return 3 * x * x; });

const OpCase listed_cases[] = {
    {"softsign, a function from outside", [](Var x) { return apply_function(softsign, x); }},
    {"two functions from outside",
     [](Var x) { return apply_function(cube, apply_function(softsign, x)); }, 2.1},
    {"relu", [](Var x) { return relu(x); }},
    {"relu6", [](Var x) { return relu6(x); }},
    {"leaky_relu", [](Var x) { return leaky_relu(x, real(0.2)); }},
    {"minus", [](Var x) { return -x; }},
    {"softmax", [](Var x) { return softmax(x); }},
    {"softmax of another axis", [](Var x) { return softmax(x, 1); }},
    {"clip", [](Var x) { return clip(x, real(-0.4), real(2.2)); }, 2.1},
    {"sub", [](Var x) { return slice(x, 3, 0, 4) - slice(x, 3, 4, 8); }},
    {"sub broadcast",
     [](Var x) {
       return x - mean(x, {1, 2}, true);
     },
     1.6},
    {"mul", [](Var x) { return slice(x, 3, 0, 4) * slice(x, 3, 4, 8); }},
    {"mul broadcast",
     [](Var x) {
       return mean(x, {1, 2}, true) * x;
     },
     2.6},
    {"mul with relu", [](Var x) { return relu(slice(x, 3, 0, 4) * slice(x, 3, 4, 8)); }},
    {"square", [](Var x) { return x * x; }},
    {"square of a table",
     [](Var x) {
       const Var s = sigmoid(x);
       return s * s;
     },
     2.1},
    {"sum of far scales", [](Var x) { return relu(x * real(2e-4)) + x; }, 1.6},
    {"add broadcast",
     [](Var x) {
       return x + mean(x, {1, 2}, true);
     },
     1.6},
    {"add broadcast the other way, relu", [](Var x) { return relu(mean(x, {3}, true) + x); }, 1.6},
    {"hard_tanh", [](Var x) { return hard_tanh(x); }},
    {"hard_tanh of a sum", [](Var x) { return hard_tanh(x + x); }},
    {"mul by minus one", [](Var x) { return x * real(-1); }},
    {"mul by zero, add", [](Var x) { return x * real(0) + x; }},
    {"mul by a small constant, relu6", [](Var x) { return relu6(x * real(-1e-2)); }},
    {"add a constant", [](Var x) { return x + real(-1.7); }},
    {"add a constant, relu", [](Var x) { return relu(x + real(2)); }},
    {"sub a constant", [](Var x) { return x - real(0.9); }},
    {"sub from a constant", [](Var x) { return real(0.9) - x; }},
    {"mul by a vector", [](Var x) { return x * constant(x, {8}); }, 3.5},
    {"add a vector",
     [](Var x) {
       return constant(x, {1, 1, 1, 8}) + x;
     },
     1.6},
    {"sub of an image",
     [](Var x) {
       return x - constant(x, {6, 4, 8});
     },
     1.6},
    {"sub from a row",
     [](Var x) {
       return relu(constant(x, {1, 4, 1}) - x);
     },
     1.6},
    {"mul to more",
     [](Var x) {
       return mean(x, {1}, true) * constant(x, {6, 1, 8});
     },
     3.5},
    {"minimum", [](Var x) { return minimum(slice(x, 3, 0, 4), slice(x, 3, 4, 8)); }},
    {"maximum broadcast",
     [](Var x) {
       return maximum(x, mean(x, {1, 2}, true));
     },
     1.6},
    {"maximum, one part cut off", [](Var x) { return maximum(sigmoid(x), x); }, 1.6},
    {"minimum of equal fixed", [](Var x) { return minimum(sigmoid(x), sigmoid(relu(x))); }, 1.6},
    {"minimum with a constant", [](Var x) { return minimum(x, real(0.7)); }},
    {"maximum with a constant out of range", [](Var x) { return maximum(x, real(20)) + x; }, 2.6},
    {"maximum of a vector", [](Var x) { return maximum(constant(x, {8}), relu(x)); }},
    {"minimum of fixed and constant", [](Var x) { return minimum(sigmoid(x), real(0.6)); }},
    {"pad2d with a value",
     [](Var x) {
       return pad2d(x, {1, 0, 2, 1}, real(-1.25));
     }},
    {"pad2d with a far value",
     [](Var x) {
       return pad2d(sigmoid(x), {1, 0, 2, 1}, 7);
     },
     1.6},
    {"pad2d of fixed",
     [](Var x) {
       return pad2d(octet::tanh(x), {1, 1, 0, 0}, real(-0.5));
     }},
    {"slice", [](Var x) { return slice(x, 1, 1, 6, 2); }},
    {"pad2d",
     [](Var x) {
       return pad2d(x, {1, 0, 2, 1});
     }},
    {"transpose",
     [](Var x) {
       return transpose(x, {0, 3, 1, 2});
     }},
    {"depth_to_space", [](Var x) { return depth_to_space(x, 2); }},
    {"space_to_depth", [](Var x) { return space_to_depth(x, 2); }},
    {"concat",
     [](Var x) {
       return concat({relu(x), x, relu(x)}, -1);
     }},
    {"concat, cut",
     [](Var x) {
       return concat({sigmoid(x), relu(x * x)}, -1);
     }},
    {"concat, cut far",
     [](Var x) {
       return concat({sigmoid(x), x * real(900)}, -1);
     },
     1.6},
    {"concat of equal fixed",
     [](Var x) {
       return concat({sigmoid(x), sigmoid(relu(x))}, 1);
     },
     1.6},
    {"mean",
     [](Var x) {
       return mean(x, {1, 2});
     }},
    {"mean, dims kept", [](Var x) { return mean(x, {3}, true); }},
    {"nearest", [](Var x) { return resize_nearest(x, 9, 8); }},
    {"bilinear", [](Var x) { return resize_bilinear(x, 9, 8); }},
    {"bilinear, aligned",
     [](Var x) { return resize_bilinear(x, 9, 7, Coordinates::align_corners); }},
    {"dropout", [](Var x) { return dropout(relu(x), 0.5, 3); }},
};

/// Those of the list, and every float function.
const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> all = [] {
    std::vector<OpCase> cases(std::begin(listed_cases), std::end(listed_cases));
    const auto add = [&](const char* name, Var (*function)(Var)) {
      const test::RealFunction& f = test::real_function(name);
      const bool anywhere = f.lowest < 0;
      cases.push_back({name, [=](Var x) { return function(anywhere ? x : relu(x) + real(0.5)); },
                       f.trained_steps});
    };
#define OCTET_ACTIVATION(Name, function, op) add(#function, octet::function);
#define OCTET_FLOAT_ACTIVATION(Name, function)
#include "core/ops/activations.inc"
    return cases;
  }();
  return all;
}

constexpr QuantParams input_params_{0.05f, -7};

/// Reals that are exact codes.
Tensor exact_input(std::uint64_t seed, const Shape& shape) {
  return test::exact_codes(seed, shape, input_params_);
}

QatModelPtr prepared(Module& model, const Tensor& x, int8::Rounding rounding) {
  QConfig config;
  config.input = input_params_;
  config.rounding = rounding;
  config.observer = ObserverKind::min_max;
  return prepare_qat(*trace(model, x), config);
}

/// sum_i r_i y_i with seeded r in [0.5, 1.5].
struct Projection final : Op {
  std::string_view name() const override { return "projection"; }
  static Tensor weights(const Shape& shape) {
    Tensor w = Tensor::empty(shape);
    Random random(3);
    for (real& v : w.span<real>()) v = static_cast<real>(random.uniform(0.5, 1.5));
    return w;
  }
  Tensor forward(Context&, In x, Saved& saved) const override {
    const Tensor w = weights(x[0].shape());
    double sum = 0;
    for (std::int64_t i = 0; i < w.numel(); ++i) sum += double(w.r()[i]) * double(x[0].r()[i]);
    saved.tensors = {w};
    return Tensor::full({1}, static_cast<real>(sum));
  }
  void backward(Context& ctx, const Saved& saved, const Tensor&, Grads dx) const override {
    dx[0]->add(saved.tensors[0].clone(), ctx);
  }
};

struct Result {
  Tensor y, dx;
};
Result run(Context& ctx, Module& model, const Tensor& x) {
  Tape tape(ctx);
  const Var in = tape.input(x, true);
  const Var y = model(in);
  tape.backward(tape.record(std::make_shared<Projection>(), {y}));
  return {y.value(), tape.grad(in)};
}

struct Batch {
  Tensor x, y;
};

/// Calibrates, trains in every stage, converts in each.
void check_conversion(const ModulePtr& model, const Shape& input, int8::Rounding rounding) {
  Context ctx(2, 1);
  const auto batch = [&](std::uint64_t seed) {
    Tensor labels = Tensor::empty({input[0]}, ElementType::i32);
    Random random(seed, 1);
    for (auto& v : labels.span<std::int32_t>()) v = static_cast<std::int32_t>(random.below(3));
    return Batch{exact_input(seed, input), labels};
  };
  const std::vector<Batch> batches{batch(1), batch(2)};
  const QatModelPtr owner = prepared(*model, batches[0].x, rounding);
  QatModel& qat = *owner;
  calibrate(qat, batches, {.batches = 2}, ctx);
  optim::Adam adam(qat.parameters(), {.lr = 3e-3});
  for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
    CAPTURE(stage_name(stage));
    qat.advance(stage);
    for (const Batch& b : batches) {
      qat.train();
      ++ctx.step;
      Tape tape(ctx);
      adam.zero_grad();
      tape.backward(cross_entropy(qat(tape.input(b.x)), b.y));
      adam.step(ctx);
    }
    ConvertReport report;
    convert(qat, ctx, &report);
    CHECK(report.parity.compared > 0);
    CHECK(report.parity.different == 0);
  }
}

/// conv, the op, conv, mean, linear: the op's input and output are both computed.
class Around final : public Module {
 public:
  explicit Around(Record op, const Shape& after) : op_(std::move(op)) {
    Init init(2);
    first_ = register_module(
        "first",
        std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 3, .out_channels = 8}, init));
    std::int64_t features = 1;
    for (int d = 1; d < after.rank(); ++d) features *= after[d];
    last_ = register_module("last", std::make_shared<Linear>(LinearOptions{features, 3}, init));
  }
  Var forward(Var x) override { return (*last_)(flatten(op_((*first_)(x)))); }

 private:
  Record op_;
  std::shared_ptr<Conv2d> first_;
  std::shared_ptr<Linear> last_;
};

}  // namespace

TEST_CASE("codes and gradients of quantized ops against the float ops") {
  const Tensor x = exact_input(1, {3, 6, 4, 8});
  for (const OpCase& c : op_cases()) {
    for (const auto rounding : test::every_rounding) {
      CAPTURE(std::string(c.name));
      Context ctx(2);
      const auto model = std::make_shared<test::Custom>(c.record);
      const QatModelPtr owner = prepared(*model, x, rounding);
      QatModel& qat = *owner;
      calibrate(qat, std::vector<Batch>{{x, {}}}, {}, ctx);
      qat.advance(Stage::frozen_bn);
      qat.eval();
      model->eval();
      const Result got = run(ctx, qat, x), expected = run(ctx, *model, x);
      REQUIRE(got.y.shape() == expected.y.shape());
      const double scale = double(qat.values().back()->params.scale);
      double worst = 0;
      for (std::int64_t i = 0; i < got.y.numel(); ++i) {
        worst =
            std::max(worst, std::fabs(double(got.y.r()[i]) - double(expected.y.r()[i])) / scale);
      }
      CHECK(worst <= c.steps);
      // Equal but where the clamp of the codes acts and, in compositions, by the intermediate
      // steps.
      double largest = 0;
      for (const real v : expected.dx.span<real>())
        largest = std::max(largest, std::fabs(double(v)));
      std::int64_t off = 0;
      for (std::int64_t i = 0; i < got.dx.numel(); ++i) {
        const double error = std::fabs(double(got.dx.r()[i]) - double(expected.dx.r()[i]));
        off += error > 0.02 * largest;
      }
      CHECK(largest > 0);
      CHECK(static_cast<double>(off) <= 0.05 * static_cast<double>(got.dx.numel()));
    }
  }
}

TEST_CASE("every quantized op converts to the codes that training computes") {
  for (const OpCase& c : op_cases()) {
    CAPTURE(std::string(c.name));
    Tape shapes;
    const Shape after = c.record(shapes.input(Tensor::zeros({4, 6, 4, 8}))).shape();
    for (const auto rounding : test::every_rounding) {
      check_conversion(std::make_shared<Around>(c.record, after), {4, 6, 4, 3}, rounding);
    }
  }
}

namespace {

/// hard_tanh(minimum(x scale + shift, top)), parameters for each channel.
class ScaleShift final : public Module {
 public:
  explicit ScaleShift(std::int64_t channels) {
    scale_ = register_parameter("scale", some_constant({channels}));
    shift_ = register_parameter("shift", Tensor::zeros({1, 1, 1, channels}));
    top_ = register_parameter("top", Tensor::full({1}, real(0.8)));
  }
  Var forward(Var x) override {
    Tape& t = *x.tape;
    return hard_tanh(minimum(x * t.param(scale_) + t.param(shift_), t.param(top_)));
  }

 private:
  ParameterPtr scale_, shift_, top_;
};

}  // namespace

TEST_CASE("parameters as operands: gradients of the float ops, codes of the file") {
  ScaleShift model(8);
  const Tensor x = exact_input(1, {3, 6, 4, 8});
  Context ctx(2);
  const QatModelPtr owner = prepared(model, x, int8::Rounding::single_rounding);
  QatModel& qat = *owner;
  calibrate(qat, std::vector<Batch>{{x, {}}}, {}, ctx);
  qat.advance(Stage::frozen_bn);
  qat.eval();
  model.eval();
  run(ctx, qat, x);
  run(ctx, model, x);
  const auto got = qat.named_parameters(), expected = model.named_parameters();
  REQUIRE(got.size() == 3);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(got[i].name);
    CHECK(got[i].name == expected[i].name);
    const Tensor &g = got[i].parameter->grad.value(), &e = expected[i].parameter->grad.value();
    REQUIRE(g.shape() == e.shape());
    double largest = 0, worst = 0;
    for (std::int64_t k = 0; k < g.numel(); ++k) {
      largest = std::max(largest, std::fabs(double(e.r()[k])));
      worst = std::max(worst, std::fabs(double(g.r()[k]) - double(e.r()[k])));
    }
    CHECK(largest > 1);
    CHECK(worst < 0.2 * largest);  // a few of 72 values lie within a code of a clamp
  }
}

TEST_CASE("a batch norm on rows of features that no linear layer takes in") {
  Init init(4);
  for (const bool rank3 : {false, true}) {
    for (const auto rounding : test::every_rounding) {
      CAPTURE(rank3);
      auto net = std::make_shared<Sequential>();
      net->add("first",
               std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 3, .out_channels = 8}, init));
      if (rank3) {
        net->add("rows", std::make_shared<test::Custom>([](Var x) { return reshape(x, {24, 8}); }));
      } else {
        net->add("flatten", std::make_shared<Flatten>());
      }
      const std::int64_t features = rank3 ? 8 : 192;
      net->add("linear", std::make_shared<Linear>(LinearOptions{features, 16}, init));
      net->add("relu", std::make_shared<Relu>());
      net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{16}));
      net->add("relu6", std::make_shared<Relu6>());
      net->add("flatten2", std::make_shared<Flatten>());
      net->add("last", std::make_shared<Linear>(LinearOptions{rank3 ? 384 : 16, 3}, init));
      check_conversion(net, {4, 6, 4, 3}, rounding);
    }
  }
}

TEST_CASE(
    "layers with parameters: PReLU, transposed convolution, squeeze and excitation, dropout") {
  Init init(4);
  struct Layer {
    const char* name;
    ModulePtr module;
  };
  using T = ConvTranspose2dOptions;
  const auto up = [&](const T& o) { return std::make_shared<ConvTranspose2d>(o, init); };
  const Layer layers[] = {
      {"prelu", std::make_shared<Prelu>(8)},
      {"learned scale and shift", std::make_shared<ScaleShift>(8)},
      {"transposed, same", up(T{8, 5, 4, 2, Padding2d::all(1)})},
      {"transposed, valid", up(T{8, 5, 2, 2})},
      {"transposed, cropped", up(T{8, 5, 3, 2, Padding2d::all(1), 1})},
      {"transposed, stride above kernel", up(T{8, 5, 2, 3, {}, 2, false})},
      {"squeeze-excite", std::make_shared<SqueezeExcite>(SqueezeExciteOptions{8, 2}, init)},
      {"squeeze-excite, hard",
       std::make_shared<SqueezeExcite>(SqueezeExciteOptions{8, 2, true}, init)},
      {"dropout", std::make_shared<Dropout>(0.4)},
  };
  for (const Layer& layer : layers) {
    CAPTURE(std::string(layer.name));
    Tape shapes;
    const Shape after = (*layer.module)(shapes.input(Tensor::zeros({4, 6, 4, 8}))).shape();
    auto net = std::make_shared<Sequential>();
    net->add("first",
             std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 3, .out_channels = 8}, init));
    net->add("layer", layer.module);
    if (after[3] == 5) net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{5}));
    net->add("relu", std::make_shared<Relu>()).add("flatten", std::make_shared<Flatten>());
    net->add("last", std::make_shared<Linear>(LinearOptions{after.numel() / after[0], 3}, init));
    check_conversion(net, {4, 6, 4, 3}, int8::Rounding::single_rounding);
  }
}

namespace {

/// Names of the integer graph's ops, for a function of x [2, 6, 4, 8].
std::string lowered_ops(const Record& record) {
  Context ctx;
  test::Custom model(record);
  const Tensor x = exact_input(1, {2, 6, 4, 8});
  const QatModelPtr owner = prepared(model, x, int8::Rounding::single_rounding);
  QatModel& qat = *owner;
  calibrate(qat, std::vector<Batch>{{x, {}}}, {}, ctx);
  std::string names;
  for (const int8::Node& n : lower(qat).nodes) {
    names += (names.empty() ? "" : " ") + std::string(int8::op_name(n.op));
  }
  return names;
}

}  // namespace

TEST_CASE("every operator of the engine is what a float op becomes, or is of files alone") {
  // What layers with parameters, windows and shapes become has tests of its own; of files alone is
  // what prepare never makes.
  std::string made = "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED TRANSPOSE_CONV PRELU ";
  made += "AVERAGE_POOL_2D MAX_POOL_2D RESHAPE ";
  made += "DEQUANTIZE EXPAND_DIMS SPLIT SPLIT_V SQUEEZE ";
  made += "BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND MIRROR_PAD GATHER ";
  made += "SLICE TILE BROADCAST_TO PACK UNPACK SUM REDUCE_MAX REDUCE_MIN ARG_MAX ARG_MIN ";
  made += "L2_NORMALIZATION BATCH_MATMUL RELU_0_TO_1 RELU_N1_TO_1 ";
  for (const OpCase& c : op_cases()) made += lowered_ops(c.record) + " ";
  for (const int8::OpEntry& entry : int8::op_catalogue()) {
    CAPTURE(std::string(entry.name));
    if (!entry.create) continue;  // of the rarer ones prepare makes none
    CHECK((" " + made).find(" " + std::string(entry.name) + " ") != std::string::npos);
  }
}

TEST_CASE("every float function that names an operator of the format becomes it") {
  const std::pair<const char*, Record> functions[] = {
#define OCTET_ACTIVATION(Name, function, op) {op, [](Var x) { return octet::function(x); }},
#define OCTET_FLOAT_ACTIVATION(Name, function)
#include "core/ops/activations.inc"
  };
  for (const auto& [op, record] : functions) {
    if (*op == 0) continue;
    const Record& f = record;
    CHECK(lowered_ops([&](Var x) { return f(octet::exp(x)); }) == "EXP " + std::string(op));
  }
}

TEST_CASE("prepare rewrites to ops of the file format") {
  CHECK(lowered_ops(silu) == "LOGISTIC MUL");
  CHECK(lowered_ops([](Var x) { return hard_sigmoid(x); }) == "ADD MUL");
  CHECK(lowered_ops([](Var x) { return pad2d(x, {1, 0, 0, 0}); }) == "PAD");
  CHECK(lowered_ops([](Var x) { return gelu(elu(octet::abs(-x))); }) == "MUL ABS ELU GELU");
  CHECK(lowered_ops([](Var x) { return rsqrt(octet::exp(x)); }) == "EXP RSQRT");
}

namespace {

std::string refusal(const Record& record) {
  test::Custom model(record);
  try {
    prepared(model, exact_input(1, {2, 6, 4, 8}), int8::Rounding::single_rounding);
  } catch (const Error& e) {
    return e.what();
  }
  return "not refused";
}

}  // namespace

TEST_CASE("prepare refuses what could not be converted") {
  const auto window = [](int kernel, int stride, Padding2d pads, int dilation) {
    Window2d w;
    w.kernel_h = w.kernel_w = kernel;
    w.stride_h = w.stride_w = stride;
    w.dilation_h = w.dilation_w = dilation;
    w.padding = pads;
    return w;
  };
  const auto has = [](const std::string& text, const char* part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  const char* uncounted = "that does not count padded pixels has no int8 form";
  has(refusal([&](Var x) { return avg_pool2d(x, window(3, 2, Padding2d::all(1), 1)); }), uncounted);
  has(refusal([&](Var x) { return avg_pool2d(x, window(3, 1, {2, 0, 0, 1}, 1)); }), uncounted);
  const char* dilated = "pooling with a dilation";
  has(refusal([&](Var x) { return max_pool2d(x, window(2, 1, {}, 2)); }), dilated);
  has(refusal([&](Var x) { return avg_pool2d(x, window(2, 1, {}, 2)); }), dilated);
  has(refusal([&](Var x) { return avg_pool2d(x, window(2, 1, Padding2d::all(1), 2), true); }),
      dilated);
  has(refusal([](Var x) { return x; }), "computes nothing");
  has(refusal([](Var x) { return dropout(x, 0.5, 1); }), "computes nothing");
  has(refusal([](Var x) { return x * std::numeric_limits<real>::infinity(); }), "finite");
  has(refusal([](Var x) {
        return flatten(x) * x.tape->constant(Tensor::full({2, 1}, 3));
      }),
      "must not add dimensions or samples");
  has(refusal([](Var x) {
        return mean(x, {1, 2}) + constant(x, {1, 1, 8});
      }),
      "must not add dimensions or samples");
  has(refusal([](Var x) { return slice(slice(x, 1, 5, 0, -1), 0, 0, 1); }),
      "slice: op slice with a negative step has no int8 form; layer");
  has(refusal([](Var x) { return transpose(x, {1, 0, 2, 3}); }), "op transpose of the batch");
  has(refusal([](Var x) { return mean(x, {-4, 1}, true); }), "op mean of the batch");
  has(refusal([](Var x) { return octet::erf(x); }), "erf: op erf has no int8 form");
  has(refusal([](Var x) {
        return resize_nearest(x, 4, 3, Coordinates::half_pixel, {NearestMode::ceil});
      }),
      "op resize2d (size=4x3, nearest, half_pixel, ceil)");
  has(refusal([&](Var x) {
        return conv_transpose2d(x, constant(x, {4, 3, 3, 2}), window(3, 2, {}, 1), 0, 0, 4);
      }),
      "transposed convolution with groups");
  // What the format can say otherwise it says.
  CHECK(lowered_ops([](Var x) {
          return resize_nearest(x, 12, 8, Coordinates::half_pixel,
                                {NearestMode::round_prefer_floor, 2, 2});
        }) == "RESIZE_NEAREST_NEIGHBOR");
  CHECK(lowered_ops([](Var x) {
          return resize_bilinear(x, 12, 8, Coordinates::pytorch_half_pixel);
        }) == "RESIZE_BILINEAR");
  has(refusal([](Var x) { return concat({x, x}, 0); }), "op concat of the batch");
  has(refusal([](Var x) { return depth_to_space(x, 2, DepthOrder::crd); }),
      "op depth_to_space of order crd");
  // All at once, in order; what no output depends on is not named.
  test::Custom model([&](Var x) {
    tile(x, {1, 2, 1, 1});
    const Var y = pad(x, {0, 1, 0, 0}, {0, 1, 0, 0}, PadMode::edge);
    return relu(expand(max_pool2d(y, window(2, 1, {}, 2)), {1, 1, 1, 1}));
  });
  CHECK_THROWS_WITH_AS(
      prepared(model, exact_input(1, {2, 6, 4, 8}), int8::Rounding::single_rounding),
      "prepare: layer pad: op pad has no int8 form; layer max_pool2d: pooling with a dilation "
      "(kernel=2x2, stride=1x1, dilation=2x2, padding=[0, 0, 0, 0]) has no int8 form; layer "
      "expand: "
      "op expand has no int8 form",
      Error);
  // Padding that is SAME's, or counts, has a form.
  CHECK(lowered_ops([&](Var x) { return avg_pool2d(x, window(3, 1, Padding2d::all(1), 1)); }) ==
        "AVERAGE_POOL_2D");
}

TEST_CASE("constants, minimum, maximum and hard_tanh become ops of the file format") {
  CHECK(lowered_ops([](Var x) { return x * real(-1); }) == "MUL");
  CHECK(lowered_ops([](Var x) { return relu6(real(1) - x); }) == "SUB");
  CHECK(lowered_ops([](Var x) { return relu(x + constant(x, {8})); }) == "ADD");
  CHECK(lowered_ops([](Var x) { return hard_tanh(x); }) == "MUL");
  CHECK(lowered_ops([](Var x) { return hard_tanh(x - constant(x, {8})); }) == "SUB");
  CHECK(lowered_ops([](Var x) { return x + mean(x, {1, 2}, true); }) == "MEAN ADD");
  CHECK(lowered_ops([](Var x) { return minimum(x, real(0.5)); }) == "MINIMUM");
  CHECK(lowered_ops([](Var x) {
          const Var y = relu(x);
          return maximum(y, sigmoid(x));
        }) == "RELU LOGISTIC QUANTIZE MAXIMUM");
  CHECK(lowered_ops([](Var x) { return pad2d(x, {1, 0, 0, 0}, 1); }) == "PADV2");
}

TEST_CASE("a concatenation is one class, but for fixed params and ranges 4 times apart") {
  const auto beside = [](real factor) {
    return [factor](Var x) { return concat({relu(x), relu(x) * factor}, 3); };
  };
  // By a constant is a product of its own: MUL of a value and a constant.
  const auto parts = [](Var x) {
    const Var narrow = slice(x, 3, 0, 4);
    return concat({relu(narrow), hard_swish(narrow)}, 3);
  };
  CHECK(lowered_ops(parts) == "STRIDED_SLICE RELU HARD_SWISH CONCATENATION");
  CHECK(lowered_ops([](Var x) {
          return concat({relu(x), sigmoid(x)}, 3);
        }) == "RELU LOGISTIC QUANTIZE CONCATENATION");
  CHECK(lowered_ops([](Var x) {
          return concat({sigmoid(x), sigmoid(x)}, 3);
        }) == "LOGISTIC LOGISTIC CONCATENATION");
  CHECK(lowered_ops([](Var x) {
          return concat({hard_swish(x), hard_sigmoid(x)}, 3);
        }) == "HARD_SWISH ADD MUL QUANTIZE CONCATENATION");
  CHECK(lowered_ops(beside(real(0.3))) == "RELU RELU MUL CONCATENATION");
  CHECK(lowered_ops(beside(real(0.2))) == "RELU RELU MUL QUANTIZE CONCATENATION");
}

TEST_CASE("dropout in training: codes become the zero point, the scale grows by 1 / (1 - p)") {
  Context ctx(2, 5);
  ctx.step = 3;
  test::Custom model([](Var x) { return dropout(hard_swish(x), 0.75, 9); });
  const Tensor x = exact_input(1, {4, 6, 4, 8});
  const QatModelPtr owner = prepared(model, x, int8::Rounding::single_rounding);
  QatModel& qat = *owner;
  calibrate(qat, std::vector<Batch>{{x, {}}}, {}, ctx);
  const auto evaluated = [&](bool training) {
    qat.train(training);
    Tape tape(ctx);
    return qat(tape.input(x)).value();
  };
  const Tensor plain = evaluated(false), dropped = evaluated(true);
  CHECK(dropped.numel() == plain.numel());
  std::int64_t kept = 0;
  for (std::int64_t i = 0; i < plain.numel(); ++i) {
    const double v = double(dropped.r()[i]);
    if (v != 0) CHECK(v == doctest::Approx(4 * double(plain.r()[i])));
    kept += v != 0;
  }
  CHECK(kept > plain.numel() / 6);
  CHECK(kept < plain.numel() / 3);
  const Tensor again = evaluated(true);
  CHECK(std::equal(again.r(), again.r() + again.numel(), dropped.r()));
  ++ctx.step;
  const Tensor next = evaluated(true);
  CHECK_FALSE(std::equal(next.r(), next.r() + next.numel(), dropped.r()));
}
