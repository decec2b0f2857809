// Networks as TFLite's float operators, with weights in float32 and in float16: the file, read back
// and run by the engine, computes what the network does, and with halves what the network does with
// its weights rounded to them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "base/half.h"
#include "core/ops/function_op.h"
#include "core/random.h"
#include "int8/graph/op_set.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "interop/tflite_import/import_tflite.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "quant/floats/lower_float.h"
#include "tests/custom_module.h"

using namespace octet;
using namespace octet::quant;
using test::Custom;

namespace {

using Bytes = std::vector<std::byte>;

Tensor random_tensor(const Shape& shape, std::uint64_t seed, double least = -1, double most = 1) {
  Tensor t = Tensor::empty(shape);
  Random random(seed);
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform(least, most));
  return t;
}

Tensor forward(Module& model, const Tensor& x) {
  Context ctx(2);
  const EvaluationMode mode(model);
  Tape tape(ctx, GradMode::off);
  return model(tape.input(x)).value().clone();
}

Bytes file_of(Module& model, const Shape& input, bool half) {
  return serialize_tflite(lower_float(*trace(model, Tensor::full(input, real(0.5)))),
                          {.half_constants = half});
}

/// The engine's output.
std::vector<float> in_engine(const Bytes& file, const Tensor& x, int threads = 2) {
  const auto owner = std::make_shared<const Bytes>(file);
  const int8::Model model(parse_tflite(*owner, owner), {.ops = &int8::all_ops()});
  REQUIRE(model.inputs().size() == 1);
  CHECK(model.inputs()[0].type == int8::DType::f32);
  CHECK(model.outputs()[0].type == int8::DType::f32);
  int8::ExecutionContext context(model,
                                 {.batch = static_cast<int>(x.shape()[0]), .threads = threads});
  REQUIRE(context.input(0).size() == x.bytes());
  std::memcpy(context.input(0).data(), x.raw(), x.bytes());
  context.run();
  std::vector<float> y(context.output(0).size() / sizeof(float));
  std::memcpy(y.data(), context.output(0).data(), context.output(0).size());
  return y;
}

void check_near(const std::vector<float>& got, const Tensor& expected, double tolerance) {
  REQUIRE(static_cast<std::int64_t>(got.size()) == expected.numel());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double e = expected.r()[i];
    REQUIRE(std::isfinite(e));
    largest = std::max(largest, std::fabs(e));
    difference = std::max(difference, std::fabs(double(got[i]) - e));
  }
  CHECK(largest > 0);
  CHECK(difference <= tolerance * largest);
}

/// Rounds parameters of more than one element to half.
void round_parameters(Module& model) {
  for (const ParameterPtr& p : model.parameters()) {
    if (p->value.numel() == 1) continue;
    for (real& v : p->value.span<real>()) v = float_of_half(half_of_float(v));
  }
}

std::string ops_of(const int8::Graph& graph) {
  std::string names;
  for (const int8::Node& n : graph.nodes)
    names += (names.empty() ? "" : " ") + std::string(int8::op_name(n.op));
  return names;
}

/// Of the summation order of float32, some hundred products.
constexpr double last_bits = 2e-5;

}  // namespace

TEST_CASE("float files: every network of the zoo") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    zoo::NetworkOptions o = zoo::resolve_options(name);
    o.classes = zoo::is_classifier(name) ? 7 : 0;
    o.width = 0.25;
    if (o.in_h >= 32) o.in_h = o.in_w = name == "squeezenet1_1" ? 47 : 32;
    const ModulePtr model = zoo::make_model(name, o);
    Random random(3);
    for (const ParameterPtr& p : model->parameters()) {  // other batch norms than 1 and 0
      for (real& v : p->value.span<real>())
        v = v * real(random.uniform(0.7, 1.3)) + real(random.uniform(-0.02, 0.02));
    }
    const Shape shape{3, o.in_h, o.in_w, o.in_c};
    const Tensor x = random_tensor(shape, 4);
    {
      Context ctx(2);
      model->train();
      Tape tape(ctx);
      (*model)(tape.input(random_tensor(shape, 5)));  // statistics
      model->eval();
    }
    const Bytes single = file_of(*model, shape, false), half = file_of(*model, shape, true);
    CHECK(half.size() < single.size() * 55 / 100 + 10000);
    CHECK(half == file_of(*model, shape, true));
    const auto own = trace(*model, x)->clone();
    CHECK(serialize_tflite(lower_float(std::move(*own))) == single);
    check_near(in_engine(single, x), forward(*model, x), 1e-4);
    const TfliteNetwork read = import_tflite(half, "half");
    const std::vector<float> got = in_engine(half, x);
    check_near(got, forward(*read.graph, x), 1e-4);
    check_near(got, forward(*model, x), 3e-2);
    CHECK(got == in_engine(half, x, 1));
    // Every weight is a half, and the nearest one to what the other file has.
    const auto singles = import_tflite(single, "single").graph->named_parameters(),
               halves = read.graph->named_parameters();
    REQUIRE(singles.size() == halves.size());
    for (std::size_t i = 0; i < halves.size(); ++i) {
      CHECK(singles[i].name == halves[i].name);
      const Tensor &a = singles[i].parameter->value, &b = halves[i].parameter->value;
      if (a.numel() == 1) continue;
      for (std::int64_t k = 0; k < a.numel(); ++k)
        REQUIRE(b.r()[k] == float_of_half(half_of_float(a.r()[k])));
    }
  }
}

TEST_CASE("float files: without batch norm, exactly the network with its weights rounded") {
  zoo::NetworkOptions o;
  o.classes = 5;
  o.width = 0.25;
  o.in_h = o.in_w = 47;
  const ModulePtr model = zoo::make_model("squeezenet1_1", o);
  Module& net = *model;
  const Shape shape{2, 47, 47, 3};
  const Tensor x = random_tensor(shape, 1);
  const Bytes half = file_of(net, shape, true);
  const TfliteNetwork read = import_tflite(half, "half");
  round_parameters(net);
  const Tensor expected = forward(net, x), got = forward(*read.graph, x);
  REQUIRE(got.bytes() == expected.bytes());
  CHECK(std::memcmp(got.raw(), expected.raw(), got.bytes()) == 0);
  check_near(in_engine(half, x), expected, last_bits);
}

namespace {

struct OpCase {
  const char* name;
  std::function<Var(Var)> record;  ///< of x [N, 8, 6, 4], from 0.2 to 2.7
  const char* ops;                 ///< or null
};

Var weight(Var x, const Shape& shape, std::uint64_t seed = 9) {
  return x.tape->constant(random_tensor(shape, seed));
}
std::shared_ptr<BatchNormStats> statistics(std::int64_t channels) {
  static std::map<std::int64_t, std::shared_ptr<BatchNormStats>> known;  // by trace, too
  auto& stats = known[channels];
  if (stats) return stats;
  stats = std::make_shared<BatchNormStats>();
  stats->mean = random_tensor({channels}, 21);
  stats->var = random_tensor({channels}, 22, 0.3, 2);
  return stats;
}
Var norm(Var x) {
  const std::int64_t channels = x.shape()[-1];
  return batch_norm(x, weight(x, {channels}, 23), weight(x, {channels}, 24), statistics(channels));
}
Window2d window(int kernel, int stride = 1, Padding2d padding = {}, int dilation = 1) {
  return {kernel, kernel, stride, stride, dilation, dilation, padding};
}

const OpCase op_cases[] = {
    {"conv, batch norm, relu6",
     [](Var x) {
       return relu6(norm(conv2d(x, weight(x, {5, 3, 3, 4}), window(3))));
     },
     "CONV_2D"},
    {"conv with bias, batch norm",
     [](Var x) {
       return norm(conv2d(x, weight(x, {5, 3, 3, 4}), weight(x, {5}, 3),
                          window(3, 2, Padding2d::same_padding())));
     },
     "CONV_2D"},
    {"pads of PyTorch",
     [](Var x) {
       return relu(conv2d(x, weight(x, {5, 3, 3, 4}), window(3, 2, Padding2d::all(1))));
     },
     "PAD CONV_2D"},
    {"depthwise",
     [](Var x) {
       return hard_tanh(norm(conv2d(x, weight(x, {8, 3, 3, 1}), window(3, 1, {1, 0, 2, 1}), 4)));
     },
     "PAD DEPTHWISE_CONV_2D"},
    {"grouped, dilated",
     [](Var x) {
       return conv2d(x, weight(x, {6, 3, 3, 2}), window(3, 1, Padding2d::all(2), 2), 2);
     },
     "CONV_2D"},
    {"a value read twice is not folded",
     [](Var x) {
       const Var y = conv2d(x, weight(x, {4, 1, 1, 4}), window(1));
       return norm(y) + y;
     },
     "CONV_2D MUL ADD ADD"},
    {"batch norm alone", [](Var x) { return relu(norm(x)); }, "MUL ADD RELU"},
    {"linear of rows, batch norm",
     [](Var x) {
       return relu(norm(linear(reshape(x, {12, 16}), weight(x, {7, 16}))));
     },
     "RESHAPE FULLY_CONNECTED"},
    {"transposed conv, SAME",
     [](Var x) {
       return relu(norm(
           conv_transpose2d(x, weight(x, {5, 3, 3, 4}), window(3, 2, Padding2d::same_padding()))));
     },
     "TRANSPOSE_CONV RELU"},
    {"transposed conv, pads",
     [](Var x) {
       return conv_transpose2d(x, weight(x, {5, 4, 4, 4}), weight(x, {5}, 2),
                               window(4, 2, Padding2d::all(1)));
     },
     nullptr},
    {"max pool of pads",
     [](Var x) { return max_pool2d(x - real(5), window(3, 2, Padding2d::all(1))); },
     "SUB PADV2 MAX_POOL_2D"},
    {"max pool", [](Var x) { return max_pool2d(x, window(2, 2)); }, "MAX_POOL_2D"},
    {"average pool", [](Var x) { return avg_pool2d(x, window(3, 2, Padding2d::same_padding())); },
     "AVERAGE_POOL_2D"},
    {"average pool that counts pads",
     [](Var x) { return avg_pool2d(x, window(3, 2, Padding2d::all(1)), true); },
     "PAD AVERAGE_POOL_2D"},
    {"bilinear", [](Var x) { return resize_bilinear(x, 16, 9); }, "RESIZE_BILINEAR"},
    {"bilinear, corners",
     [](Var x) { return resize_bilinear(x, 15, 13, Coordinates::align_corners); },
     "RESIZE_BILINEAR"},
    {"bilinear, asymmetric",
     [](Var x) { return resize_bilinear(x, 4, 12, Coordinates::asymmetric); }, "RESIZE_BILINEAR"},
    {"nearest", [](Var x) { return resize_nearest(x, 16, 12); }, "RESIZE_NEAREST_NEIGHBOR"},
    {"matmul",
     [](Var x) {
       return matmul(softmax(matmul(x, transpose(x, {0, 1, 3, 2}))), x);
     },
     "TRANSPOSE BATCH_MATMUL SOFTMAX BATCH_MATMUL"},
    {"squeeze and excite",
     [](Var x) {
       const Var s = relu(conv2d(global_avg_pool(x), weight(x, {2, 1, 1, 4}), window(1)));
       return x * hard_sigmoid(conv2d(s, weight(x, {4, 1, 1, 2}), window(1)));
     },
     "MEAN CONV_2D CONV_2D ADD MUL MUL"},
    {"gelu, layer_norm",
     [](Var x) { return gelu(layer_norm(x, weight(x, {4}, 1), weight(x, {4}, 2))); }, nullptr},
    {"concat, hard_swish, dropout",
     [](Var x) {
       return dropout(concat({hard_swish(x), x * real(0.5)}, 3), 0.5, 3);
     },
     "HARD_SWISH MUL CONCATENATION"},
    {"prelu", [](Var x) { return prelu(x - real(1), weight(x, {4})); }, "SUB PRELU"},
};

}  // namespace

TEST_CASE("float files: what ops become, and that they compute the same") {
  const Shape shape{2, 8, 6, 4};
  const Tensor x = random_tensor(shape, 7, 0.2, 2.7);
  for (const OpCase& c : op_cases) {
    CAPTURE(std::string(c.name));
    Custom model(c.record);
    model.eval();
    const int8::Graph graph = lower_float(*trace(model, x));
    if (c.ops) CHECK(ops_of(graph) == c.ops);
    const Tensor expected = forward(model, x);
    check_near(in_engine(serialize_tflite(graph), x), expected, last_bits);
    const Bytes half = serialize_tflite(graph, {.half_constants = true});
    const std::vector<float> got = in_engine(half, x);
    check_near(got, expected, 2e-2);
    check_near(got, forward(*import_tflite(half, "half").graph, x), last_bits);
  }
}

TEST_CASE("float files: shared weights are in the file once, what no output needs not at all") {
  class Shared final : public Module {
   public:
    Shared() {
      w_ = register_parameter("w", random_tensor({16, 16}, 1));
      unused_ = register_parameter("unused", random_tensor({64, 16}, 2));
    }
    Var forward(Var x) override {
      const Var w = x.tape->param(w_);
      linear(x, x.tape->param(unused_));
      return linear(relu(linear(x, w)), w);
    }

   private:
    ParameterPtr w_, unused_;
  };
  Shared model;
  const Shape shape{2, 16};
  const Bytes file = file_of(model, shape, true);
  CHECK(file.size() < 16 * 16 * 2 + 2500);
  const Tensor x = random_tensor(shape, 3);
  check_near(in_engine(file, x), forward(model, x), 2e-2);
}

TEST_CASE("float files: what they cannot say is refused, by the layers' names") {
  const Shape shape{2, 8, 6, 4};
  const auto refused = [&](const std::function<Var(Var)>& record) {
    Custom model(record);
    try {
      file_of(model, shape, true);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const auto says = [](const std::string& message, const std::string& part) {
    CAPTURE(message);
    CHECK(message.find(part) != message.npos);
  };
  const std::string two = refused([](Var x) {
    return erf(resize_nearest(x, 5, 4)) + avg_pool2d(x, window(2, 2, Padding2d::all(1)));
  });
  says(two, "erf (op erf)");
  says(two, "avg_pool2d (average pooling");
  says(refused([](Var x) {
         return conv2d(x, relu(weight(x, {5, 3, 3, 4})), window(3));
       }),
       "conv2d by computed values");
  says(refused([](Var x) { return x * x.tape->constant(Tensor::full({4}, real(7e4))); }),
       "more than FLOAT16 holds (65504)");
  const auto twice = std::make_shared<FunctionOp>(
      "twice", [](real x) { return 2 * x; }, [](real) { return real(2); });
  says(refused([&](Var x) { return apply_function(twice, x); }), "twice (op twice");
}
