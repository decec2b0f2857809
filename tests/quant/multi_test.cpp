// Networks of several inputs and outputs: prepared, trained on codes, converted, in the file.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/ops/layout.h"
#include "core/random.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "layers/graph/graph_module.h"
#include "optim/adam.h"
#include "quant/convert.h"
#include "quant/observers/range_observers.h"
#include "quant/prepare.h"
#include "quant/qops/qconv.h"
#include "tests/multi_nets.h"

using namespace octet;
using namespace octet::quant;
using test::Parts;

namespace {

Tensor random_input(std::uint64_t seed, const Shape& shape, double scale = 1) {
  Tensor t = Tensor::empty(shape);
  Random random(seed);
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform(-scale, scale));
  return t;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  double largest = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(double(a.r()[i]) - double(b.r()[i])));
  }
  return largest;
}

std::vector<Tensor> outputs_of(Module& m, Context& ctx, const std::vector<Tensor>& x) {
  const EvaluationMode mode(m);
  Tape tape(ctx, GradMode::off);
  std::vector<Var> in;
  for (const Tensor& t : x) in.push_back(tape.input(t));
  std::vector<Tensor> y;
  for (const Var& v : m(in)) y.push_back(v.value().clone());
  return y;
}

/// Codes of the integer model's outputs that are not those of the training forward.
int different_outputs(QatModel& qat, Context& ctx, const int8::Model& model,
                      const std::vector<Tensor>& x) {
  const auto batch = static_cast<int>(x[0].shape()[0]);
  int8::ExecutionContext engine(model, {.batch = batch, .threads = 2});
  REQUIRE(model.inputs().size() == x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const int8::ValueInfo& in = model.inputs()[i];
    const auto codes = engine.input(static_cast<int>(i));
    REQUIRE(static_cast<std::int64_t>(codes.size()) == x[i].numel());
    for (std::size_t k = 0; k < codes.size(); ++k) {
      const float code = std::round(x[i].r()[k] / in.scale) + static_cast<float>(in.zero_point);
      codes[k] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(code, -128.f, 127.f)));
    }
  }
  engine.run();
  const std::vector<Tensor> y = outputs_of(qat, ctx, x);
  REQUIRE(model.outputs().size() == y.size());
  int different = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const int8::ValueInfo& out = model.outputs()[i];
    const auto codes = engine.output(static_cast<int>(i));
    REQUIRE(static_cast<std::int64_t>(codes.size()) == y[i].numel());
    for (std::size_t k = 0; k < codes.size(); ++k) {
      const int code = static_cast<std::int8_t>(codes[k]);
      different += y[i].r()[k] != out.scale * static_cast<float>(code - out.zero_point);
    }
  }
  return different;
}

QatModelPtr calibrated(Module& net, const std::vector<Tensor>& x, const GraphNames& names = {},
                       const QConfig& config = {}) {
  const QatModelPtr qat = prepare_qat(trace(net, x, names), config);
  calibrate(*qat, [&, left = 2]() mutable { return left-- > 0 ? x : std::vector<Tensor>(); });
  return qat;
}

/// Converted and read back from the file's bytes; every value and every output equal.
int8::Model checked(QatModel& qat, const std::vector<Tensor>& x) {
  Context ctx(2);
  ConvertReport report;
  const int8::Model model = convert(qat, ctx, &report);
  CHECK(report.parity.compared > 0);
  CHECK(report.parity.different == 0);
  CHECK(different_outputs(qat, ctx, model, x) == 0);
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(serialize_tflite(model.graph()));
  return int8::Model(parse_tflite(*bytes, bytes));
}

std::vector<std::string> names_of(std::span<const int8::ValueInfo> values) {
  std::vector<std::string> names;
  for (const int8::ValueInfo& v : values) names.push_back(v.name);
  return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("two heads and two inputs: trained on codes, converted, every output equal") {
  const Tensor image = random_input(1, {6, 12, 12, 1}), vector = random_input(2, {6, 3}, 9);
  const Tensor values = random_input(3, {6, 2});
  Tensor labels = Tensor::zeros({6}, ElementType::i32);
  for (std::int32_t i = 0; i < 6; ++i) labels.data<std::int32_t>()[i] = i % 4;

  const auto check = [&](Module& net, const std::vector<Tensor>& x, const GraphNames& names) {
    for (const QConfig& config : {QConfig::tflite(), QConfig::tflm()}) {
      const QatModelPtr qat = calibrated(net, x, names, config);
      Context ctx(2);
      optim::Adam adam(qat->parameters(), {.lr = 1e-3});
      for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
        CAPTURE(stage_name(stage));
        qat->advance(stage);
        for (int step = 0; step < 3; ++step) {
          Tape tape(ctx);
          std::vector<Var> in;
          for (const Tensor& t : x) in.push_back(tape.input(t));
          const std::vector<Var> y = (*qat)(in);
          Var loss = cross_entropy(y[0], labels);
          if (y.size() > 1) loss = loss + mse_loss(y[1], values);
          adam.zero_grad();
          tape.backward(loss);
          adam.step(ctx);
        }
        const int8::Model model = checked(*qat, x);
        CHECK(names_of(model.inputs()) == names.inputs);
        CHECK(names_of(model.outputs()) == names.outputs);
      }
    }
  };
  test::TwoHeads heads;
  check(heads, {image}, {.inputs = {"image"}, .outputs = {"class", "value", "features"}});
  test::TwoInputs inputs;
  check(inputs, {image, vector}, {.inputs = {"image", "vector"}, .outputs = {"class"}});
}

TEST_CASE("each input has params of its own, observed or fixed by name") {
  test::TwoInputs net;
  const std::vector<Tensor> x{random_input(1, {4, 12, 12, 1}), random_input(2, {4, 3}, 9)};
  const int8::Model observed = checked(*calibrated(net, x), x);
  CHECK(names_of(observed.inputs()) == Names{"input_0", "input_1"});
  CHECK(observed.inputs()[1].scale > 5 * observed.inputs()[0].scale);

  QConfig config;
  config.inputs = {{"vector", QuantParams{0.125f, 3}}};
  const GraphNames names{.inputs = {"image", "vector"}};
  const int8::Model fixed = checked(*calibrated(net, x, names, config), x);
  CHECK(fixed.inputs()[0].scale == observed.inputs()[0].scale);
  CHECK(fixed.inputs()[1].scale == 0.125f);
  CHECK(fixed.inputs()[1].zero_point == 3);

  CHECK_THROWS_WITH_AS(calibrated(net, x, {}, config),
                       doctest::Contains("no input 'vector', only 'input_0', 'input_1'"), Error);
  config.inputs = {{"vector", QuantParams{0.125f, 300}}};
  CHECK_THROWS_WITH_AS(calibrated(net, x, names, config), doctest::Contains("input 'vector'"),
                       Error);
  config.inputs.clear();
  config.input = QuantParams{0.125f, 3};
  CHECK_THROWS_WITH_AS(calibrated(net, x, names, config), doctest::Contains("QConfig::inputs"),
                       Error);
}

TEST_CASE("batches of several inputs come from a function or a range; wrong ones are refused") {
  test::TwoInputs net;
  const std::vector<Tensor> x{random_input(1, {4, 12, 12, 1}), random_input(2, {4, 3})};
  const auto fresh = [&] { return prepare_qat(trace(net, x), {}); };
  struct Batch {
    std::vector<Tensor> x;
    Tensor y;
  };
  std::vector<Batch> batches{{x, Tensor()}, {x, Tensor()}};
  const QatModelPtr from_range = fresh();
  calibrate(*from_range, batches);
  const QatModelPtr from_function = fresh();
  calibrate(*from_function, [&] { return x; }, {.batches = 2});
  CHECK(from_range->stage() == Stage::train_bn);
  const auto a = from_range->named_buffers(), b = from_function->named_buffers();
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(std::ranges::equal(a[i].value.span<real>(), b[i].value.span<real>()));
  }
  CHECK(from_range->sample().size() == 2);

  Context ctx;
  const QatModelPtr qat = fresh();
  CHECK_THROWS_WITH_AS(calibrate(*qat, [] { return std::vector<Tensor>(); }),
                       doctest::Contains("no batch"), Error);
  CHECK_THROWS_WITH_AS(qat->calibrate(ctx, x[0]), doctest::Contains("expected 2 inputs, got 1"),
                       Error);
  CHECK_THROWS_WITH_AS(qat->calibrate(ctx, {x[0], random_input(2, {3, 3})}),
                       doctest::Contains("expected 4 samples"), Error);
}

TEST_CASE("any value is an output: an input, one that is read, the same twice, a view") {
  const std::vector<Tensor> x{random_input(1, {3, 6, 6, 2}), random_input(2, {3, 5})};
  struct Case {
    const char* name;
    Parts::Function f;
    std::size_t tensors;  ///< different ones among the outputs
  };
  const Case cases[] = {
      {"a convolution, its batch norm and its relu",
       [](Parts& m, std::span<const Var> v) {
         const Var y = (*m.conv)(v[0]), z = (*m.bn)(y);
         return std::vector{y, z, relu(z)};
       },
       3},
      {"the same twice, a read input, an unused input",
       [](Parts& m, std::span<const Var> v) {
         const Var y = relu((*m.bn)((*m.conv)(v[0])));
         return std::vector{y, v[0], y, v[1]};
       },
       3},
      {"an unused input",
       [](Parts& m, std::span<const Var> v) { return std::vector{flatten((*m.conv)(v[0]))}; }, 1},
      {"views of a value that is read",
       [](Parts& m, std::span<const Var> v) {
         const Var y = (*m.conv)(v[0]), z = flatten(y);
         return std::vector{z, relu((*m.bn)(y)), dropout(z, 0.5, 1)};
       },
       2},
      {"parts of a concatenation",
       [](Parts& m, std::span<const Var> v) {
         const Var y = (*m.conv)(v[0]), z = relu(y);
         return std::vector{z, concat({y, z}, 3), maximum(y, z)};
       },
       3},
      {"behind each other in one class",
       [](Parts& m, std::span<const Var> v) {
         const Var y = (*m.conv)(v[0]), z = global_avg_pool(y);
         return std::vector{flatten(z), z, y};
       },
       3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Parts net(c.f);
    net.warm_up(x);
    Context ctx;
    const std::vector<Tensor> expected = outputs_of(net, ctx, x);
    for (const bool ptq : {true, false}) {
      const auto graph = trace(net, x, {.inputs = {"image", "vector"}});
      const QatModelPtr qat = ptq ? prepare_ptq(graph, {}) : prepare_qat(graph, {});
      calibrate(
          *qat, [&] { return x; }, {.batches = 1}, ctx);
      const int8::Model model = checked(*qat, x);
      CHECK(names_of(model.inputs()) == Names{"image", "vector"});
      const std::vector<int>& tensors = model.graph().outputs;
      CHECK(std::set<int>(tensors.begin(), tensors.end()).size() == c.tensors);
      const std::vector<Tensor> got = outputs_of(*qat, ctx, x);
      for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CHECK(largest_difference(got[i], expected[i]) < 0.1);
      }
    }
  }
}

TEST_CASE("an output keeps its whole range, also as a view of a value that is read") {
  const std::vector<Tensor> x{random_input(1, {3, 6, 6, 2})};
  Parts net([](Parts& m, std::span<const Var> v) {
    const Var y = (*m.conv)(v[0]);
    return std::vector{flatten(y), relu((*m.bn)(y))};
  });
  const QatModelPtr qat = calibrated(net, x);
  for (const QuantizedTensorPtr& v : qat->values()) {
    CAPTURE(v->name);
    const bool output = v->name != "input";
    const bool whole = dynamic_cast<const MinMaxObserver*>(v->observer.get());
    CHECK(whole == output);
  }
}

TEST_CASE("the check at conversion sees outputs that are interchanged") {
  const std::vector<Tensor> x{random_input(1, {3, 6, 6, 2})};
  Parts net([](Parts& m, std::span<const Var> v) {
    const Var y = (*m.conv)(v[0]);
    return std::vector{y, relu((*m.bn)(y))};
  });
  const QatModelPtr qat = calibrated(net, x);
  Context ctx;
  int8::Graph graph = lower(*qat);
  CHECK(compare_codes(*qat, ctx, int8::Model(graph), x).different == 0);
  std::swap(graph.outputs[0], graph.outputs[1]);
  const Parity parity = compare_codes(*qat, ctx, int8::Model(graph), x);
  CHECK(parity.different > 0);
  CHECK(parity.layer == "output_0");
  graph.outputs.pop_back();
  CHECK_THROWS_WITH_AS(compare_codes(*qat, ctx, int8::Model(graph), x),
                       doctest::Contains("1 outputs, the network more"), Error);
}

TEST_CASE("what no output depends on is left out, and keeps nothing from being fused") {
  const std::vector<Tensor> x{random_input(1, {3, 6, 6, 2})};
  Parts net([](Parts& m, std::span<const Var> v) {
    const Var y = (*m.bn)((*m.conv)(v[0]));
    Window2d dilated;
    dilated.kernel_h = dilated.kernel_w = 2;
    dilated.dilation_h = dilated.dilation_w = 2;
    max_pool2d(y, dilated);  // has no int8 form
    return std::vector{relu(y)};
  });
  const int8::Model model = checked(*calibrated(net, x), x);
  CHECK(model.graph().nodes.size() == 1);
}

TEST_CASE("layers that are shared by branches: their statistics take in a bias once, or not") {
  const std::vector<Tensor> x{random_input(1, {4, 6, 6, 2}), random_input(2, {4, 6, 6, 2})};
  const Parts::Function cases[] = {
      [](Parts& m, std::span<const Var> v) {
        return std::vector{(*m.bn)((*m.conv)(v[0])), (*m.bn)((*m.conv)(v[1]))};
      },
      [](Parts& m, std::span<const Var> v) {  // one convolution is an output: nothing folds into it
        const Var y = (*m.conv)(v[0]);
        return std::vector{(*m.bn)(y), (*m.bn)((*m.conv)(v[1])), y};
      },
      [](Parts& m, std::span<const Var> v) {
        return std::vector{(*m.bn)((*m.conv)(v[0])), (*m.bn)((*m.other)(v[1]))};
      },
  };
  for (const Parts::Function& f : cases) {
    Parts net(f);
    for (real& b : net.conv->parameters()[1]->value.span<real>()) b = 3;
    net.warm_up(x);
    Context ctx;
    const std::vector<Tensor> expected = outputs_of(net, ctx, x);
    const QatModelPtr qat = prepare_ptq(trace(net, x), {});
    calibrate(
        *qat, [&] { return x; }, {.batches = 1}, ctx);
    checked(*qat, x);
    const std::vector<Tensor> got = outputs_of(*qat, ctx, x);
    for (std::size_t i = 0; i < got.size(); ++i) {
      CHECK(largest_difference(got[i], expected[i]) < 0.1);
    }
  }
}

TEST_CASE("names: layers called as inputs and outputs, outputs named as inner layers") {
  const std::vector<Tensor> x{random_input(1, {2, 6, 6, 2})};
  Parts net([](Parts& m, std::span<const Var> v) {
    const Var y = (*m.conv)(v[0]);
    return std::vector{relu((*m.bn)(y)), y};
  });
  const int8::Model model =
      checked(*calibrated(net, x, {.inputs = {"conv"}, .outputs = {"bn", "input"}}), x);
  CHECK(names_of(model.inputs()) == Names{"conv"});
  CHECK(names_of(model.outputs()) == Names{"bn", "input"});

  struct Single final : Module {
    Single() {
      Init init;
      input = register_module("input", std::make_shared<Linear>(LinearOptions{4, 4}, init));
      output = register_module("output", std::make_shared<Linear>(LinearOptions{4, 3}, init));
    }
    Var forward(Var v) override { return relu((*output)((*input)(v))); }
    std::shared_ptr<Linear> input, output;
  } single;
  const std::vector<Tensor> rows{random_input(1, {2, 4})};
  checked(*calibrated(single, rows), rows);
}

TEST_CASE("outputs that are not computed are refused") {
  const std::vector<Tensor> x{random_input(1, {2, 6, 6, 2}), random_input(2, {2, 3})};
  const auto error = [&](Parts::Function f) {
    Parts net(std::move(f));
    try {
      prepare_qat(trace(net, x, {.outputs = {"a", "b"}}), {});
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error([](Parts&, std::span<const Var> v) {
          return std::vector{v[0], v[1]};
        }) == "prepare: the network computes nothing: its output is its input");
  CHECK(error([](Parts& m, std::span<const Var> v) {
          return std::vector{(*m.conv)(v[0]), v[0].tape->param(m.conv->parameters()[0])};
        }) == "prepare: the network's output 'b' is not computed by an op");
}
