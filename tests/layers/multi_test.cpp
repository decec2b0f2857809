// Modules and graphs of several inputs and outputs, in float.
#include <doctest/doctest.h>

#include "core/ops/losses.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "optim/sgd.h"
#include "tests/custom_module.h"
#include "tests/layers/compared_tensors.h"
#include "tests/multi_nets.h"

using namespace octet;
using test::Custom;
using test::CustomMany;
using test::random_tensor;
using test::same_bits;

namespace {

std::vector<Tensor> run(Module& m, const std::vector<Tensor>& x, GradMode mode = GradMode::off) {
  Context ctx;
  Tape tape(ctx, mode);
  std::vector<Var> in;
  for (const Tensor& t : x) in.push_back(tape.input(t));
  std::vector<Tensor> out;
  for (const Var& y : m(in)) out.push_back(y.value().clone());
  return out;
}

}  // namespace

TEST_CASE("traced networks of several inputs or outputs compute the same bits") {
  test::TwoHeads heads;
  test::TwoInputs inputs;
  const Tensor image = random_tensor({3, 12, 12, 1}, 1), vector = random_tensor({3, 3}, 2);
  const auto check = [&](Module& net, const std::vector<Tensor>& x) {
    const auto graph = trace(net, x);
    CHECK(graph->inputs().size() == x.size());
    net.eval();
    graph->eval();
    for (const GradMode mode : {GradMode::off, GradMode::on}) {
      const auto a = run(net, x, mode), b = run(*graph, x, mode), c = run(*graph->clone(), x, mode);
      REQUIRE(a.size() == b.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(same_bits(a[i], b[i]));
        CHECK(same_bits(a[i], c[i]));
      }
    }
    graph->clone()->load_state(net.state());
  };
  check(heads, {image});
  check(inputs, {image, vector});
}

TEST_CASE("gradients of several losses are those of the module, inner values released or not") {
  const auto net = std::make_shared<test::TwoHeads>();
  const auto graph = trace(net, Tensor::zeros({1, 12, 12, 1}));
  net->eval();
  graph->eval();
  const Tensor x = random_tensor({2, 12, 12, 1}, 3);
  const Tensor labels = Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{1, 3});
  const auto gradient = [&](Module& m, bool keep) {
    Context ctx;
    Tape tape(ctx);
    if (keep) tape.keep_inner_values();
    const Var in = tape.input(x, true);
    const std::vector<Var> y = m({in});
    tape.backward(cross_entropy(y[0], labels) + real(0.5) * mse_loss(y[1], Tensor::zeros({2, 2})) +
                  mse_loss(y[2], Tensor::zeros(y[2].shape())));
    return tape.grad(in).clone();
  };
  const Tensor expected = gradient(*net, false);
  CHECK(same_bits(gradient(*graph, false), expected));
  CHECK(same_bits(gradient(*graph, true), expected));
}

TEST_CASE("any value is an output: an input, one that is read, the same twice") {
  CustomMany net([](std::span<const Var> x) {
    const Var y = relu(x[0]);
    return std::vector{y, relu6(y), x[0], y};
  });
  const std::vector<Tensor> x{random_tensor({2, 4}, 1), random_tensor({2, 3}, 2)};
  const auto graph = trace(net, x, {.inputs = {"used", "unused"}, .outputs = {"a", "b", "c", "d"}});
  CHECK(graph->nodes()[1].name == "unused");
  CHECK(graph->consumers(1).empty());
  CHECK(graph->outputs()[0].node == graph->outputs()[3].node);
  CHECK(graph->outputs()[2].node == 0);
  CHECK(graph->outputs()[3].name == "d");
  CHECK(graph->clone()->outputs()[3].name == "d");
  const auto a = run(net, x), b = run(*graph, x);
  for (std::size_t i = 0; i < 4; ++i) CHECK(same_bits(a[i], b[i]));
}

TEST_CASE("the single form, lists and scopes") {
  Custom single([](Var x) { return relu(x); });
  CustomMany pair([&](std::span<const Var> x) {
    const auto [a, b] = pair.take<2>(x);
    CHECK_FALSE(a.tape->context().training);
    return std::vector{a + b};
  });
  pair.eval();
  const Tensor one = Tensor::full({1, 2}, 1);
  CHECK(run(single, {one}).size() == 1);
  CHECK(run(pair, {one, one})[0].r()[0] == 2);

  Context ctx;
  Tape tape(ctx), other(ctx);
  const Var x = tape.input(one);
  const std::vector<Var> list{x, x};
  CHECK(pair(list).size() == 1);
  CHECK(pair({x, x})[0].value().r()[1] == 2);
  CHECK_THROWS_WITH_AS(single({x, x}), doctest::Contains("expected 1 inputs, got 2"), Error);
  CHECK_THROWS_WITH_AS(pair(x), doctest::Contains("expected 2 inputs, got 1"), Error);
  CHECK_THROWS_WITH_AS(pair({x, other.input(one)}), doctest::Contains("first one's tape"), Error);
  CHECK_THROWS_WITH_AS(pair(std::vector<Var>()), doctest::Contains("at least one input"), Error);
  CustomMany two([](std::span<const Var> v) { return std::vector{v[0], v[0]}; });
  CHECK_THROWS_WITH_AS(two(x), doctest::Contains("expected 1 outputs, got 2"), Error);
  const auto graph = trace(pair, {one, one});
  CHECK_THROWS_WITH_AS((*graph)({x, x, x}), doctest::Contains("expected 2 inputs, got 3"), Error);
}

TEST_CASE("what cannot be traced or makes no graph is refused") {
  CustomMany net([](std::span<const Var> x) { return std::vector{x[0], x[0]}; });
  const Tensor one = Tensor::zeros({1, 2}), two = Tensor::zeros({2, 2});
  const auto traced = [&](const std::vector<Tensor>& x, const GraphNames& names) {
    return trace(net, x, names)->nodes().size();
  };
  CHECK(traced({one, one}, {.outputs = {"a", ""}}) == 2);
  CHECK_THROWS_WITH_AS(traced({}, {}), doctest::Contains("example of each input"), Error);
  CHECK_THROWS_WITH_AS(traced({one, two}, {}), doctest::Contains("examples of 1 samples"), Error);
  CHECK_THROWS_WITH_AS(traced({one}, {.inputs = {"a", "b"}}),
                       doctest::Contains("name for each of 1 inputs, got 2"), Error);
  CHECK_THROWS_WITH_AS(traced({one}, {.outputs = {"a"}}),
                       doctest::Contains("name for each of 2 outputs, got 1"), Error);
  CHECK_THROWS_WITH_AS(traced({one, one}, {.inputs = {"a", "a"}}),
                       doctest::Contains("two inputs are named 'a'"), Error);
  CHECK_THROWS_WITH_AS(traced({one, one}, {.outputs = {"a", "a"}}),
                       doctest::Contains("two outputs are named 'a'"), Error);
  CustomMany nothing([](std::span<const Var>) { return std::vector<Var>(); });
  CHECK_THROWS_WITH_AS(trace(nothing, one), doctest::Contains("no result"), Error);
  CustomMany changing([](std::span<const Var> x) {
    return std::vector<Var>(static_cast<std::size_t>(x[0].shape()[0]), x[0]);
  });
  CHECK_THROWS_WITH_AS(trace(changing, one), doctest::Contains("first 1 results, then 2"), Error);

  const GraphNode input;
  CHECK_THROWS_AS(GraphModule({input}, {0, 0}, {{0}}), Error);
  CHECK_THROWS_AS(GraphModule({input, input}, {0}, {{0}}), Error);
  CHECK_THROWS_AS(GraphModule({input}, {}, {{0}}), Error);
  CHECK_THROWS_AS(GraphModule({input}, {0}, std::vector<GraphOutput>()), Error);
  CHECK_THROWS_AS(GraphModule({input}, {0}, {{1}}), Error);
}

TEST_CASE("two heads and two inputs learn in float") {
  Context ctx;
  const auto descend = [&](Module& net, const auto& loss_of) {
    optim::Sgd sgd(net.parameters(), {.lr = 0.1});
    double first = 0, last = 0;
    for (int step = 0; step < 30; ++step) {
      Tape tape(ctx);
      const Var loss = loss_of(tape);
      last = double(loss.value().item());
      if (step == 0) first = last;
      sgd.zero_grad();
      tape.backward(loss);
      sgd.step(ctx);
    }
    CHECK(last < 0.5 * first);
  };
  const Tensor image = random_tensor({8, 12, 12, 1}, 1), vector = random_tensor({8, 3}, 2);
  const Tensor labels =
      Tensor::from<std::int32_t>({8}, std::vector<std::int32_t>{0, 1, 2, 3, 0, 1, 2, 3});
  const Tensor values = random_tensor({8, 2}, 3);
  test::TwoHeads heads;
  descend(heads, [&](Tape& tape) {
    const std::vector<Var> y = heads({tape.input(image)});
    return cross_entropy(y[0], labels) + real(0.1) * mse_loss(y[1], values);
  });
  test::TwoInputs inputs;
  descend(inputs, [&](Tape& tape) {
    return cross_entropy(inputs({tape.input(image), tape.input(vector)})[0], labels);
  });
}
