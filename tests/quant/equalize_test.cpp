// Evening out the ranges of channels: the function stays, and int8 comes nearer to it.
#include <doctest/doctest.h>

#include <cmath>

#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "quant/convert.h"
#include "quant/equalize.h"
#include "quant/prepare.h"
#include "tests/custom_module.h"
#include "tests/quant/batches.h"

using namespace octet;
using namespace octet::quant;

namespace {

Tensor forward(Module& model, const Tensor& x) {
  Context ctx(2);
  const EvaluationMode mode(model);
  Tape tape(ctx, GradMode::off);
  return model(tape.input(x)).value().clone();
}

/// Root of the mean square difference, of the root mean square.
double error(const Tensor& y, const Tensor& expected) {
  REQUIRE(y.shape() == expected.shape());
  double difference = 0, square = 0;
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    difference += std::pow(double(y.r()[i]) - double(expected.r()[i]), 2);
    square += std::pow(double(expected.r()[i]), 2);
  }
  return std::sqrt(difference / square);
}

auto once(const Tensor& x) {
  return [&x, left = 1]() mutable { return left-- > 0 ? std::vector{x} : std::vector<Tensor>(); };
}

Conv2dOptions convolution(int in, int out, int kernel, int groups = 1) {
  return {.in_channels = in,
          .out_channels = out,
          .kernel = kernel,
          .padding = Padding2d::all(kernel / 2),
          .groups = groups};
}

/// Multiplies elements by 2^power(index).
template <class F>
void scale(Tensor t, const F& power) {
  for (std::int64_t i = 0; i < t.numel(); ++i) t.r()[i] = std::ldexp(t.r()[i], power(i));
}
Tensor weight(const ModulePtr& layer) {
  return layer->parameters()[0]->value;
}

/// conv (+ batch norm), relu, depthwise and a head on the same value; another convolution, linear.
class Net final : public Module {
 public:
  explicit Net(bool batch_norm) {
    Init init(3);
    const auto conv = [&](const char* name, const Conv2dOptions& o) {
      return register_module(name, std::make_shared<Conv2d>(o, init));
    };
    first_ = conv("first", convolution(3, 8, 3));
    if (batch_norm)
      bn_ = register_module("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{8}));
    depthwise_ = conv("depthwise", convolution(8, 16, 3, 8));
    head_ = conv("head", convolution(8, 4, 1));
    second_ = conv("second", convolution(16, 6, 1));
    hidden_ = register_module("hidden", std::make_shared<Linear>(LinearOptions{10, 12}, init));
    last_ = register_module("last", std::make_shared<Linear>(LinearOptions{12, 5}, init));
    // Channel c of the first value is 2^-c times as large, and those who read it make up for it.
    const auto scaled = batch_norm ? ModulePtr(bn_) : ModulePtr(first_);
    for (const ParameterPtr& p : scaled->parameters()) {
      const std::int64_t row = p->value.numel() / 8;
      scale(p->value, [&](std::int64_t i) { return -static_cast<int>(i / row); });
    }
    scale(weight(depthwise_), [](std::int64_t i) { return static_cast<int>(i / 18); });
    scale(weight(head_), [](std::int64_t i) { return static_cast<int>(i % 8); });
  }
  Var forward(Var x) override {
    Var y = (*first_)(x);
    if (bn_) y = (*bn_)(y);
    y = relu(y);
    const Var a = (*second_)(relu((*depthwise_)(y))), b = (*head_)(y);
    const Var maps = concat({relu(a), b}, 3);
    return concat({flatten(maps), (*last_)((*hidden_)(flatten(global_avg_pool(maps))))}, 1);
  }

 private:
  std::shared_ptr<Conv2d> first_, depthwise_, head_, second_;
  std::shared_ptr<BatchNorm2d> bn_;
  std::shared_ptr<Linear> hidden_, last_;
};

double int8_error(GraphModule& graph, const Tensor& x, const Tensor& expected) {
  const QatModelPtr ptq = prepare_ptq(graph, {});
  calibrate(*ptq, std::vector<test::Batch>{{x, {}}});
  convert(*ptq);
  return error(forward(*ptq, x), expected);
}

}  // namespace

TEST_CASE("equalize: the same function, nearer to it on codes") {
  const Tensor x = test::random_input(5, {6, 8, 8, 3});
  for (const bool batch_norm : {false, true}) {
    CAPTURE(batch_norm);
    Net net(batch_norm);
    const auto graph = trace(net, x);
    const auto evened = graph->clone();
    const Tensor expected = forward(net, x);
    Context ctx(2);
    // Behind first, depthwise and hidden; what the other convolutions make is concatenated.
    CHECK(equalize(*evened, once(x), ctx) == 3);
    CHECK(error(forward(*evened, x), expected) < 1e-5);
    CHECK(int8_error(*evened, x, expected) < 0.3 * int8_error(*graph, x, expected));
  }
}

TEST_CASE("equalize: what others read, parameters of several layers and groups stay as they are") {
  Init init(3);
  const Tensor x = test::random_input(5, {2, 6, 6, 4});
  const auto a = std::make_shared<Conv2d>(convolution(4, 4, 1), init);
  const auto b = std::make_shared<Conv2d>(convolution(4, 4, 1), init);
  const auto grouped = std::make_shared<Conv2d>(convolution(4, 4, 1, 2), init);
  Context ctx;
  const auto count = [&](const std::function<Var(Var)>& f) {
    test::CustomMany net([&](std::span<const Var> in) { return std::vector{f(in[0])}; });
    for (const auto& [name, conv] : {std::pair{"a", a}, {"b", b}, {"grouped", grouped}})
      net.register_module(name, conv);
    const auto graph = trace(net, {x});
    const Tensor before = forward(*graph, x);
    const int n = equalize(*graph, once(x), ctx);
    CHECK(error(forward(*graph, x), before) < 1e-5);
    return n;
  };
  CHECK(count([&](Var v) { return (*b)(relu((*a)(v))); }) == 1);
  CHECK(count([&](Var v) { return (*b)((*a)(v)); }) == 1);
  CHECK(count([&](Var v) { return (*a)(relu((*a)(v))); }) == 0);
  CHECK(count([&](Var v) { return (*grouped)(relu((*a)(v))); }) == 0);
  CHECK(count([&](Var v) { return (*b)(relu((*grouped)(v))); }) == 1);
  CHECK(count([&](Var v) { return (*b)(relu6((*a)(v))); }) == 0);
  CHECK(count([&](Var v) {
          const Var y = relu((*a)(v));
          return (*b)(y) + y;
        }) == 0);
  CHECK(count([&](Var v) {
          const Var y = (*a)(v);
          return (*b)(relu(y)) + y;
        }) == 0);
  test::CustomMany both([&](std::span<const Var> in) {
    const Var y = relu((*a)(in[0]));
    return std::vector{(*b)(y), y};
  });
  both.register_module("a", a);
  both.register_module("b", b);
  CHECK(equalize(*trace(both, {x}), once(x), ctx) == 0);
  test::CustomMany plain([&](std::span<const Var> in) { return std::vector{(*b)((*a)(in[0]))}; });
  plain.register_module("a", a);
  plain.register_module("b", b);
  const auto graph = trace(plain, {x});
  CHECK_THROWS_WITH_AS(equalize(
                           *graph, [] { return std::vector<Tensor>(); }, ctx),
                       "equalize: there was no batch", Error);
}
