// make_classifier(): what it leaves out at the end of a network, and heads made anew.
#include "layers/graph/classifier.h"

#include <doctest/doctest.h>

#include "layers/layers.h"
#include "tests/custom_module.h"
#include "tests/layers/compared_tensors.h"

using namespace octet;
using test::Custom;
using test::random_tensor;

namespace {

using test::same_bits;

constexpr int before = 4;

/// Two convolutions, the second with a result for each class, and what f does with that.
template <class F>
std::shared_ptr<GraphModule> traced(const F& f) {
  Init init(3);
  auto net = std::make_shared<Sequential>();
  const auto conv = [&](int in, int out) {
    return std::make_shared<Conv2d>(
        Conv2dOptions{.in_channels = in, .out_channels = out, .kernel = 3}, init);
  };
  net->add("body", conv(2, 6)).add("relu", std::make_shared<Relu>()).add("head", conv(6, before));
  net->add("rest", std::make_shared<Custom>(f));
  net->eval();
  return trace(net, Tensor::zeros({1, 7, 7, 2}));
}

Tensor run(Module& m, const Tensor& x) {
  Context ctx;
  Tape tape(ctx, GradMode::off);
  return m(tape.input(x)).value().clone();
}

Classifier made(const GraphModule& graph, int classes) {
  Init init(5);
  return make_classifier(graph, classes, init);
}

std::string refusal(const GraphModule& graph, int classes = before + 1) {
  try {
    made(graph, classes);
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("classifier: a network that fits stays as it is") {
  const auto graph = traced([](Var x) { return flatten(global_avg_pool(relu(x))); });
  const Classifier c = made(*graph, before);
  CHECK(c.fresh.empty());
  CHECK(c.changed.empty());
  CHECK(c.left_out.empty());
  CHECK(c.graph->nodes().size() == graph->nodes().size());
  const Tensor x = random_tensor({3, 7, 7, 2}, 1);
  CHECK(same_bits(run(*c.graph, x), run(*graph, x)));
}

TEST_CASE("classifier: what makes probabilities is left out, in front of a reshape, too") {
  const auto logits = traced([](Var x) { return flatten(global_avg_pool(x)); });
  const Tensor x = random_tensor({3, 7, 7, 2}, 1);
  const auto check = [&](const GraphModule& graph, const char* op) {
    const Classifier c = made(graph, before);
    CHECK(c.left_out == op);
    CHECK(same_bits(run(*c.graph, x), run(*logits, x)));
    CHECK(made(graph, 9).graph->nodes().back().shape == Shape{1, 9});
  };
  check(*traced([](Var v) { return softmax(flatten(global_avg_pool(v))); }), "softmax");
  check(*traced([](Var v) { return log_softmax(flatten(global_avg_pool(v))); }), "log_softmax");
  check(*traced([](Var v) { return sigmoid(flatten(global_avg_pool(v))); }), "sigmoid");
  check(*traced([](Var v) {
    return flatten(softmax(reshape(global_avg_pool(v), {1, 1, before})));
  }),
        "softmax");
}

TEST_CASE("classifier: an output of one pixel becomes a row") {
  const auto graph = traced([](Var x) { return max_pool2d(x, Window2d{3, 3, 3, 3, 1, 1, {}}); });
  REQUIRE(graph->nodes().back().shape == Shape{1, 1, 1, before});
  CHECK(made(*graph, before).graph->nodes().back().shape == Shape{1, before});
  const Classifier wide = made(*graph, 11);
  CHECK(run(*wide.graph, random_tensor({2, 7, 7, 2}, 1)).shape() == Shape{2, 11});
}

TEST_CASE("classifier: a head that is made anew, the rest shared") {
  const auto graph = traced([](Var x) {
    return flatten(reshape(global_avg_pool(relu6(dropout(x, 0.2, 1))), {1, 1, before}));
  });
  const Classifier c = made(*graph, 7);
  CHECK(c.classes_before == before);
  CHECK(c.fresh == std::vector<std::string>{"head.weight", "head.bias"});
  CHECK(run(*c.graph, random_tensor({2, 7, 7, 2}, 1)).shape() == Shape{2, 7});
  const auto old_parameters = graph->named_parameters(), parameters = c.graph->named_parameters();
  REQUIRE(parameters.size() == 4);
  CHECK(parameters[0].parameter == old_parameters[0].parameter);
  CHECK(parameters[2].parameter->value.shape() == Shape{7, 3, 3, 6});
  CHECK(parameters[3].parameter->value.shape() == Shape{7});
  CHECK_FALSE(parameters[3].parameter->decay);
  CHECK(old_parameters[2].parameter->value.shape() == Shape{before, 3, 3, 6});  // untouched
  // The same seed, the same values, which are none of a network of zeros.
  const Classifier again = made(*graph, 7);
  CHECK(same_bits(again.graph->state()[2].value, c.graph->state()[2].value));
  CHECK(c.graph->state()[2].value.r()[0] != real(0));
}

TEST_CASE("classifier: networks that have no such end are refused") {
  CHECK(refusal(*traced([](Var x) { return x; })) ==
        "expected an output of a number for each class, [N, classes], got [1, 3, 3, 4] for one "
        "sample");
  CHECK(refusal(*traced([](Var x) { return flatten(x); })).find("layer 'rest' (reshape)") == 0);
  CHECK(refusal(*traced([](Var x) {
          const Var y = flatten(global_avg_pool(x));
          return y + y;
        })).find("layer 'rest.add' (add): expected a linear layer or convolution") == 0);
  // The last layer's result is an output and read by another layer.
  CHECK(refusal(*traced([](Var x) {
          const Var y = flatten(global_avg_pool(x));
          return y * sigmoid(y);
        })).find("layer 'rest.mul' (mul): expected a linear layer or convolution") == 0);
}

TEST_CASE("classifier: weights that another layer has, too, make no head") {
  Init init(1);
  const auto shared = std::make_shared<Linear>(LinearOptions{before, before}, init);
  struct Twice final : Module {
    explicit Twice(const ModulePtr& m) : layer(register_module("fc", m)) {}
    Var forward(Var x) override { return (*layer)((*layer)(x)); }
    ModulePtr layer;
  };
  const auto graph = trace(std::make_shared<Twice>(shared), Tensor::zeros({1, before}));
  CHECK(refusal(*graph).find("the head's weights are constants, or another layer's too") == 0);
}

TEST_CASE("classifier: the ops whose results are others now") {
  const auto graph = traced([](Var x) { return softmax(flatten(global_avg_pool(x))); });
  const auto names = [&](int classes) {
    std::string all;
    for (const std::string& name : made(*graph, classes).changed) all += name + " ";
    return all;
  };
  CHECK(names(before) == "rest.softmax ");
  CHECK(names(before + 1) == "rest.softmax rest.reshape rest.global_avg_pool head ");
}
