// trace() and GraphModule: same bits as the module, names, copies. Refusals: trace_refusal_test.
#include <doctest/doctest.h>

#include <set>

#include "core/ops/losses.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "tests/custom_module.h"
#include "tests/layers/compared_tensors.h"

using namespace octet;
using test::Custom;
using test::random_tensor;

namespace {

using test::same_bits;

bool same_bits(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || !same_bits(a[i].value, b[i].value)) return false;
  }
  return true;
}

std::vector<NamedTensor> deep_copy(const std::vector<NamedTensor>& state) {
  std::vector<NamedTensor> all;
  for (const NamedTensor& t : state) all.push_back({t.name, t.value.clone()});
  return all;
}

Tensor run(Module& m, const Tensor& x, GradMode mode = GradMode::off) {
  Context ctx;
  Tape tape(ctx, mode);
  return m(tape.input(x)).value().clone();
}

/// Batch norms away from their initial state, so that evaluation tests the statistics.
void warm_up(Module& m, const Tensor& x) {
  m.train();
  for (int i = 0; i < 3; ++i) run(m, x);
}

/// x + relu(x), and the same layers called twice.
class Block final : public Module {
 public:
  Block() {
    Init init(9);
    conv_ = register_module(
        "conv", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 2, .out_channels = 2}, init));
    bn_ = register_module("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 2}));
  }
  Var forward(Var x) override {
    Var y = relu((*bn_)((*conv_)(x)));
    y = y + (*bn_)((*conv_)(y));
    return relu(y + x);
  }

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> bn_;
};

std::vector<std::string> op_names(const GraphModule& g) {
  std::vector<std::string> names;
  for (const GraphNode& n : g.nodes()) {
    if (n.kind == Tape::Kind::op) names.push_back(n.name);
  }
  return names;
}

}  // namespace

TEST_CASE("a traced model computes the same bits, in evaluation and in training") {
  for (const char* name : {"lenet", "resnet8"}) {
    CAPTURE(name);
    const zoo::NetworkOptions o{.in_h = 12, .in_w = 12, .in_c = 2, .width = 0.25, .seed = 3};
    ModulePtr net = zoo::make_model(name, o), twin = zoo::make_model(name, o);
    const Tensor x = random_tensor({5, 12, 12, 2}, 1);
    warm_up(*net, x);
    warm_up(*twin, x);
    auto graph = trace(twin, random_tensor({2, 12, 12, 2}, 2));

    net->eval();
    graph->eval();
    CHECK(same_bits(run(*net, x), run(*graph, x)));
    CHECK(same_bits(run(*net, x, GradMode::on), run(*graph, x, GradMode::on)));

    net->train();
    graph->train();
    const Tensor labels = Tensor::from<std::int32_t>({5}, std::vector<std::int32_t>{0, 1, 2, 3, 4});
    auto loss = [&](Module& m) {
      Context ctx;
      Tape tape(ctx);
      const Var l = cross_entropy(m(tape.input(x)), labels);
      tape.backward(l);
      return l.value().item();
    };
    CHECK(loss(*net) == loss(*graph));
    auto p = net->named_parameters(), q = twin->named_parameters();
    for (std::size_t i = 0; i < p.size(); ++i) {
      CAPTURE(p[i].name);
      CHECK(same_bits(p[i].parameter->grad.value(), q[i].parameter->grad.value()));
    }
    CHECK(same_bits(net->named_buffers(), twin->named_buffers()));
  }
}

TEST_CASE("tracing changes nothing") {
  ModulePtr net = zoo::resnet8({.in_h = 8, .in_w = 8, .width = 0.5, .seed = 1});
  warm_up(*net, random_tensor({4, 8, 8, 3}, 1));
  std::const_pointer_cast<Module>(net)->train();
  const auto before = deep_copy(net->state());
  const Tensor example = random_tensor({2, 8, 8, 3}, 2);
  const Tensor kept = example.clone();
  auto graph = trace(net, example);
  CHECK(same_bits(before, net->state()));
  CHECK(same_bits(example, kept));
  CHECK(net->is_training());
  CHECK(graph->is_training());
  for (const ParameterPtr& p : net->parameters()) CHECK(p->grad.empty());
  net->eval();
  CHECK_FALSE(trace(net, example)->is_training());
}

TEST_CASE("the mode is not baked in") {
  ModulePtr net = zoo::lenet({.in_h = 8, .in_w = 8, .width = 0.25});
  const Tensor x = random_tensor({4, 8, 8, 1}, 1);
  net->eval();
  auto graph = trace(net, x);
  const auto before = deep_copy(net->named_buffers());
  graph->eval();
  run(*graph, x);
  CHECK(same_bits(before, net->named_buffers()));
  graph->train();
  run(*graph, x);
  CHECK_FALSE(same_bits(before, net->named_buffers()));
}

TEST_CASE("the state of a model loads into its graph and back") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    ModulePtr net = zoo::make_model(name, {.classes = zoo::is_classifier(name) ? 3 : 0,
                                           .in_h = 32,
                                           .in_w = 32,
                                           .in_c = 1,
                                           .width = 0.125,
                                           .seed = 1});
    auto graph = trace(net, Tensor::zeros({1, 32, 32, 1}));
    std::set<std::string> a, b;
    for (const NamedTensor& t : net->state()) a.insert(t.name);
    for (const NamedTensor& t : graph->state()) b.insert(t.name);
    CHECK(a == b);
    auto other = graph->clone();
    other->load_state(net->state());
    net->load_state(other->state());
  }
}

TEST_CASE("names: layer paths, functional ops under their block, repeats numbered") {
  Sequential net;
  net.add("stem", std::make_shared<Relu>()).add("block", std::make_shared<Block>());
  auto graph = trace(net, random_tensor({2, 3, 3, 2}, 1));
  CHECK(op_names(*graph) == std::vector<std::string>{"stem", "block.conv", "block.bn", "block.relu",
                                                     "block.conv_1", "block.bn_1", "block.add",
                                                     "block.add_1", "block.relu_1"});
  std::vector<std::string> state;
  for (const NamedTensor& t : graph->state()) state.push_back(t.name);
  CHECK(state == std::vector<std::string>{"block.conv.weight", "block.conv.bias", "block.bn.weight",
                                          "block.bn.bias", "block.bn.running_mean",
                                          "block.bn.running_var"});
  SUBCASE("tracing the graph again gives the same graph") {
    auto again = trace(*graph, random_tensor({2, 3, 3, 2}, 1));
    CHECK(op_names(*again) == op_names(*graph));
    for (std::size_t i = 0; i < graph->nodes().size(); ++i) {
      CHECK(again->nodes()[i].shape == graph->nodes()[i].shape);
      CHECK(again->nodes()[i].name == graph->nodes()[i].name);
    }
  }
  SUBCASE("names are relative to the traced module") {
    auto block = trace(*net[1], random_tensor({2, 3, 3, 2}, 1));
    CHECK(op_names(*block).front() == "conv");
    CHECK(block->named_parameters().front().name == "conv.weight");
  }
  SUBCASE("inside another module") {
    Sequential outer;
    outer.add("backbone", graph);
    auto again = trace(outer, random_tensor({2, 3, 3, 2}, 1));
    CHECK(op_names(*again)[2] == "backbone.block.bn");
    CHECK(again->named_buffers()[0].name == "backbone.block.bn.running_mean");
  }
}

TEST_CASE("a number never takes another layer's name") {
  Init init;
  Sequential net;
  auto bn = std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 2});
  auto twice = std::make_shared<Custom>([bn](Var x) { return (*bn)((*bn)(x)); });
  net.add("bn", bn).add("twice", twice);
  net.add("bn_1", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 2}));
  auto graph = trace(net, random_tensor({2, 2}, 1));
  CHECK(op_names(*graph) == std::vector<std::string>{"bn", "bn_2", "bn_3", "bn_1"});
  graph->load_state(deep_copy(net.state()));
}

TEST_CASE("node shapes have the example's batch and constants are kept") {
  const Tensor offset = random_tensor({3, 4}, 5);
  Custom m([&](Var x) {
    const Var y = reshape(x, {4});
    return relu(y) + y;
  });
  auto graph = trace(m, Tensor::zeros({3, 2, 2}));
  CHECK(graph->nodes()[0].shape == Shape{3, 2, 2});
  CHECK(graph->nodes()[1].shape == Shape{3, 4});
  CHECK(graph->consumers(1) == std::vector<int>{2, 3});
  CHECK(graph->consumers(3).empty());
  CHECK(graph->outputs()[0].node == 3);
  CHECK(graph->inputs() == std::vector{0});

  const Tensor w = random_tensor({5, 4}, 5);
  Custom c([&](Var x) { return linear(x, x.tape->constant(w)); });
  auto with_constant = trace(c, Tensor::zeros({3, 4}));
  const GraphNode& n = with_constant->nodes()[1];
  CHECK(n.kind == Tape::Kind::constant);
  CHECK(same_bits(n.constant, w));
  CHECK_FALSE(n.constant.shares_storage(w));
  const Tensor x = random_tensor({2, 4}, 6);
  CHECK(same_bits(run(c, x), run(*with_constant, x)));
}

TEST_CASE("a clone is independent and keeps what is shared inside") {
  Sequential net;
  net.add("block", std::make_shared<Block>());
  const Tensor x = random_tensor({4, 3, 3, 2}, 1);
  auto graph = trace(net, x);
  graph->parameters()[1]->requires_grad = false;
  auto copy = graph->clone();
  CHECK(same_bits(graph->state(), copy->state()));
  CHECK_FALSE(copy->parameters()[1]->requires_grad);
  CHECK_FALSE(copy->parameters()[1]->decay);
  CHECK(copy->is_training());
  const auto before = deep_copy(graph->state());
  run(*copy, x);
  for (const ParameterPtr& p : copy->parameters()) p->value.fill(1);
  CHECK(same_bits(before, graph->state()));
  CHECK_FALSE(same_bits(before, copy->state()));

  std::set<const BatchNormStats*> stats;
  std::set<const Op*> shared;
  for (std::size_t i = 0; i < copy->nodes().size(); ++i) {
    const GraphNode &a = graph->nodes()[i], &b = copy->nodes()[i];
    if (a.kind != Tape::Kind::op) continue;
    if (auto* bn = dynamic_cast<const BatchNormOp*>(b.op.get())) {
      stats.insert(bn->stats.get());
      CHECK(a.op != b.op);
    } else {
      CHECK(a.op == b.op);
    }
  }
  CHECK(stats.size() == 1);
  graph->eval();
  CHECK_FALSE(graph->clone()->is_training());

  Custom c([](Var v) { return concat({v, v.tape->constant(Tensor::zeros({1, 4}))}, 1); });
  CHECK_THROWS_AS(trace(c, Tensor::zeros({1, 4})), Error);  // the shapes fit one batch size only
  Custom l([](Var v) { return linear(v, v.tape->constant(Tensor::full({2, 4}, 1))); });
  auto with_constant = trace(l, Tensor::zeros({1, 4}));
  const Tensor& own = with_constant->nodes()[1].constant;
  const Tensor copied = with_constant->clone()->nodes()[1].constant;
  CHECK(same_bits(own, copied));
  CHECK_FALSE(own.shares_storage(copied));
}

TEST_CASE("with gradients, inner values go away too unless the tape keeps them") {
  Sequential net;
  net.add("block", std::make_shared<Block>());
  net.add(std::make_shared<Relu>());
  const Tensor x = random_tensor({4, 8, 8, 2}, 1);
  auto graph = trace(net, x);
  Context ctx;
  const auto gradient = [&](bool keep) {
    Tape tape(ctx);
    if (keep) tape.keep_inner_values();
    const Var in = tape.input(x, true);
    const Var out = (*graph)(in);
    int released = 0;
    for (int id = 0; id < tape.size(); ++id) released += tape.node(id).released;
    CHECK((released == 0) == keep);
    CHECK_FALSE(tape.node(in.id).released);
    tape.backward(mse_loss(out, Tensor::zeros(out.shape())));
    return tape.grad(in).clone();
  };
  CHECK(same_bits(gradient(false), gradient(true)));
}

TEST_CASE("without gradients, values go away at their last use") {
  Sequential net;
  for (int i = 0; i < 8; ++i) net.add(std::make_shared<Relu>());
  net.add("block", std::make_shared<Block>());
  const Tensor x = random_tensor({4, 64, 64, 2}, 1);
  auto graph = trace(net, x);
  auto peak = [&](Module& m) {
    Context ctx;
    Tape tape(ctx, GradMode::off);
    const Var in = tape.input(x);
    const Var out = m(in);
    CHECK(out.value().defined());
    CHECK(in.value().defined());
    return ctx.pool.usage().peak;
  };
  CHECK(peak(*graph) <= 4 * x.bytes() + 16384);  // the tape's nodes too
  CHECK(peak(net) >= 12 * x.bytes());
}

TEST_CASE("a graph refuses nodes that make no sense") {
  auto op = [](std::vector<int> inputs, std::string name) {
    GraphNode n;
    n.kind = Tape::Kind::op;
    n.op = std::make_shared<ReluOp>();
    n.inputs = std::move(inputs);
    n.name = std::move(name);
    return n;
  };
  auto param = [](std::string name) {
    GraphNode n;
    n.kind = Tape::Kind::param;
    n.parameter = std::make_shared<Parameter>(Tensor::zeros({1}));
    n.name = std::move(name);
    return n;
  };
  const GraphNode input;
  auto make = [](std::vector<GraphNode> nodes, int in, int out) {
    return GraphModule(std::move(nodes), in, out).nodes().size();
  };
  CHECK(make({input, op({0}, "a"), op({1}, "b")}, 0, 2) == 3);
  CHECK_THROWS_AS(make({input, op({0}, "a")}, 0, 2), Error);
  CHECK_THROWS_AS(make({input, op({0}, "a")}, -1, 1), Error);
  CHECK_THROWS_AS(make({input, op({1}, "a")}, 0, 1), Error);
  CHECK_THROWS_AS(make({input, op({-1}, "a")}, 0, 1), Error);
  CHECK_THROWS_AS(make({input, op({0}, "a"), op({1}, "a")}, 0, 2), Error);
  CHECK_THROWS_AS(make({input, op({0}, "")}, 0, 1), Error);
  CHECK_THROWS_AS(make({input, input, op({0}, "a")}, 0, 2), Error);
  CHECK_THROWS_AS(make({input, param("p"), param("p"), op({0}, "a")}, 0, 3), Error);
  CHECK_THROWS_AS(make({input, GraphNode{Tape::Kind::constant, {}, {}, {}, {}, {}, {}}}, 0, 0),
                  Error);
}
