// Module: names, state, mode and scope.
#include <doctest/doctest.h>

#include <cmath>

#include "core/random.h"
#include "layers/layers.h"
#include "layers/parameter_pattern.h"

using namespace octet;

namespace {

/// Records the tape's scope and mode of its last call.
class Probe final : public Module {
 public:
  Var forward(Var x) override {
    scope = x.tape->scope();
    training = x.tape->context().training;
    if (fail_now) fail("probe");
    return relu(x);
  }
  std::string scope;
  bool training = false;
  bool fail_now = false;
};

class Net final : public Module {
 public:
  explicit Net(std::uint64_t seed = 0) {
    Init init(seed);
    conv = register_module(
        "conv", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 2, .out_channels = 3}, init));
    bn = register_module("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 3}));
    scale = register_parameter("scale", Tensor::full({1}, 2));
  }
  Var forward(Var x) override { return (*bn)((*conv)(x)); }
  std::shared_ptr<Conv2d> conv;
  std::shared_ptr<BatchNorm2d> bn;
  ParameterPtr scale;
};

std::vector<std::string> names(const std::vector<NamedTensor>& state) {
  std::vector<std::string> all;
  for (const NamedTensor& t : state) all.push_back(t.name);
  return all;
}

std::vector<NamedTensor> deep_copy(const std::vector<NamedTensor>& state) {
  std::vector<NamedTensor> all;
  for (const NamedTensor& t : state) all.push_back({t.name, t.value.clone()});
  return all;
}

std::string load_error(Module& m, const std::vector<NamedTensor>& state) {
  try {
    m.load_state(state);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("state names are dotted paths, parameters before buffers") {
  const Net net;
  CHECK(names(net.state()) == std::vector<std::string>{"scale", "conv.weight", "conv.bias",
                                                       "bn.weight", "bn.bias", "bn.running_mean",
                                                       "bn.running_var"});
  CHECK(net.parameter_count() == 1 + 6 + 3 + 3 + 3);
  for (const NamedParameter& p : net.named_parameters()) {
    CAPTURE(p.name);
    CHECK(p.parameter->decay == (p.name == "conv.weight" || p.name == "scale"));
  }
}

TEST_CASE("state shares storage with the module") {
  const Net net;
  net.state()[0].value.fill(5);
  CHECK(net.scale->value.item() == 5);
}

TEST_CASE("a shared parameter or module appears once in the state") {
  Init init;
  auto shared = std::make_shared<Linear>(LinearOptions{2, 2}, init);
  auto a = std::make_shared<Sequential>(std::vector<ModulePtr>{shared});
  auto b = std::make_shared<Sequential>(std::vector<ModulePtr>{shared});
  const Sequential both({{"a", a}, {"b", b}});
  CHECK(names(both.state()) == std::vector<std::string>{"a.0.weight", "a.0.bias"});
  CHECK(both.named_modules().size() == 5);
}

TEST_CASE("load_state copies by name and shares nothing") {
  Net from(1), to(2);
  from.bn->named_buffers()[0].value.fill(7);
  std::vector<NamedTensor> state = from.state();
  std::swap(state[0], state[3]);  // the order does not matter
  to.load_state(state);
  for (std::size_t i = 0; i < state.size(); ++i) {
    const Tensor a = from.state()[i].value, b = to.state()[i].value;
    CHECK(std::equal(a.span<real>().begin(), a.span<real>().end(), b.span<real>().begin()));
    CHECK_FALSE(a.shares_storage(b));
  }
  to.load_state(to.state());
}

TEST_CASE("load_state names what does not fit, in one line, and changes nothing") {
  Net net(1);
  const std::vector<NamedTensor> before = deep_copy(net.state());
  std::vector<NamedTensor> bad = deep_copy(Net(2).state());
  bad[0].name = "scales";                               // missing and unexpected
  bad[1].value = Tensor::zeros({3, 1, 1, 5});           // another shape
  bad[3].value = Tensor::zeros({3}, ElementType::i32);  // another type
  bad.push_back({"conv.bias", Tensor::zeros({3})});     // twice
  const std::string message = load_error(net, bad);
  CAPTURE(message);
  for (const char* part : {"missing: scale [1]", "unexpected: scales [1]",
                           "misshapen: conv.weight, expected [3, 1, 1, 2]", "got [3, 1, 1, 5]",
                           "misshapen: bn.weight", "i32", "repeated: conv.bias"}) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
  CHECK(message.find('\n') == std::string::npos);
  for (int i = 0; i < 7; ++i) bad.push_back({"more." + std::to_string(i), Tensor::zeros({1})});
  CHECK(load_error(net, bad).ends_with("; and 7 more"));
  const std::vector<NamedTensor> after = net.state();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto a = before[i].value.span<real>(), b = after[i].value.span<real>();
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
  }
}

TEST_CASE("registration refuses clashing, empty and second names") {
  Sequential s;
  s.add("a", std::make_shared<Relu>());
  CHECK_THROWS_WITH_AS(s.add("a", std::make_shared<Relu>()), doctest::Contains("'a'"), Error);
  CHECK_THROWS_AS(s.add("", std::make_shared<Relu>()), Error);
  CHECK_THROWS_AS(s.add("b", nullptr), Error);
  CHECK_THROWS_WITH_AS(s.add("b", s[0]), doctest::Contains("already registered as 'a'"), Error);
  CHECK(s.size() == 1);
}

TEST_CASE("train and eval reach every module below; single ones can differ") {
  Sequential outer;
  auto probe = std::make_shared<Probe>();
  auto inner = std::make_shared<Sequential>(std::vector<ModulePtr>{probe});
  outer.add("first", std::make_shared<Probe>()).add("second", inner);
  Context ctx;
  auto call = [&] {
    Tape tape(ctx);
    outer(tape.input(Tensor::zeros({1, 2})));
    CHECK(tape.scope() == "");
    return probe->training;
  };
  CHECK(call());
  outer.eval();
  CHECK_FALSE(probe->is_training());
  CHECK_FALSE(call());
  CHECK(ctx.training);
  outer.train();
  probe->eval();
  CHECK_FALSE(call());
  {
    EvaluationMode mode(outer);
    CHECK_FALSE(inner->is_training());
  }
  CHECK(inner->is_training());
  CHECK_FALSE(probe->is_training());
}

TEST_CASE("the scope is the dotted path and is restored after an exception") {
  auto probe = std::make_shared<Probe>();
  auto inner = std::make_shared<Sequential>(std::vector<ModulePtr>{probe});
  Sequential outer;
  outer.add("block", inner);
  Context ctx;
  Tape tape(ctx);
  const Var x = tape.input(Tensor::zeros({1, 2}));
  const Var y = outer(x);
  CHECK(probe->scope == "block.0");
  CHECK(tape.node(y.id).scope == "block.0");
  ctx.training = false;
  probe->fail_now = true;
  CHECK_THROWS_AS(outer(x), Error);
  CHECK(tape.scope() == "");
  CHECK_FALSE(ctx.training);
  CHECK_THROWS_AS(outer(Var{}), Error);
}

TEST_CASE("initial weights depend on the seed alone and keep to their bound") {
  auto weights = [](std::uint64_t seed) {
    Init init(seed);
    return Conv2d({.in_channels = 4, .out_channels = 64, .kernel = {3, 5}, .groups = 2}, init)
        .state();
  };
  const auto a = weights(3), b = weights(3), c = weights(4);
  REQUIRE(a[0].value.shape() == Shape{64, 3, 5, 2});
  const auto va = a[0].value.span<real>(), vb = b[0].value.span<real>(),
             vc = c[0].value.span<real>();
  CHECK(std::equal(va.begin(), va.end(), vb.begin()));
  CHECK_FALSE(std::equal(va.begin(), va.end(), vc.begin()));
  const double bound = 1 / std::sqrt(3 * 5 * 2.0);
  double sum = 0, square = 0, largest = 0;
  for (real v : va) {
    sum += static_cast<double>(v);
    square += static_cast<double>(v) * static_cast<double>(v);
    largest = std::max(largest, std::abs(static_cast<double>(v)));
  }
  const double n = static_cast<double>(va.size());
  CHECK(largest <= bound);
  CHECK(largest > 0.99 * bound);
  CHECK(std::abs(sum / n) < 5 * bound / std::sqrt(3 * n));
  CHECK(square / n == doctest::Approx(bound * bound / 3).epsilon(0.1));
}

TEST_CASE("initial values come from one stream of core/random a tensor") {
  Init init(5);
  Random first(5, std::uint64_t{0x696e6974} << 32),
      second(5, (std::uint64_t{0x696e6974} << 32) + 1);
  const Tensor a = init.uniform({3}, 2), b = init.uniform({2}, 0.5);
  for (real v : a.span<real>()) CHECK(v == static_cast<real>(first.uniform(-2, 2)));
  for (real v : b.span<real>()) CHECK(v == static_cast<real>(second.uniform(-0.5, 0.5)));
}

TEST_CASE("layers refuse options that make no sense") {
  Init init;
  auto conv = [&](const Conv2dOptions& o) { return Conv2d(o, init).parameter_count(); };
  CHECK(conv({.in_channels = 4, .out_channels = 6, .groups = 2, .bias = false}) == 12);
  CHECK_THROWS_AS(conv({.in_channels = 4, .out_channels = 6, .groups = 4}), Error);
  CHECK_THROWS_AS(conv({.in_channels = 0}), Error);
  CHECK_THROWS_AS(conv({.kernel = 0}), Error);
  CHECK_THROWS_AS(conv({.stride = {1, 0}}), Error);
  CHECK_THROWS_AS(conv({.padding = Padding2d::all(-1)}), Error);
  CHECK_THROWS_AS(Linear({.in_features = 0}, init), Error);
  CHECK_THROWS_AS(BatchNorm2d({.channels = 0}), Error);
  CHECK_THROWS_AS(BatchNorm2d({.channels = 1, .eps = 0}), Error);
  CHECK_THROWS_AS(BatchNorm2d({.channels = 1, .momentum = 1.5}), Error);
  CHECK_THROWS_AS(MaxPool2d({.kernel = 0}), Error);
  CHECK_THROWS_AS(MaxPool2d({.count_include_pad = true}), Error);
  CHECK_THROWS_AS(AvgPool2d({.stride = -1}), Error);
}

TEST_CASE("pooling strides default to the kernel") {
  Context ctx;
  Tape tape(ctx);
  const Var x = tape.input(Tensor::zeros({1, 6, 9, 1}));
  CHECK(MaxPool2d({.kernel = {2, 3}})(x).shape() == Shape{1, 3, 3, 1});
  CHECK(AvgPool2d({.kernel = 3, .stride = 1, .padding = Padding2d::all(1)})(x).shape() ==
        Shape{1, 6, 9, 1});
  CHECK(GlobalAvgPool()(x).shape() == Shape{1, 1, 1, 1});
  CHECK(Flatten()(x).shape() == Shape{1, 54});
}

TEST_CASE("parameters by pattern") {
  CHECK(matches_pattern("layer1.0.conv1.weight", "layer1.*"));
  CHECK(matches_pattern("layer1.0.conv1.weight", "*.conv1.*"));
  CHECK(matches_pattern("layer1.0.conv1.weight", "*weight"));
  CHECK(matches_pattern("fc", "fc"));
  CHECK(matches_pattern("fc", "*f*c*"));
  CHECK_FALSE(matches_pattern("layer10.weight", "layer1.*"));
  CHECK_FALSE(matches_pattern("fc.weight", "fc"));
  CHECK_FALSE(matches_pattern("", "?"));
  CHECK(matches_pattern("", "*"));
  CHECK(matches_pattern("", "**"));
  CHECK(matches_pattern("aab", "*a*b"));
  CHECK(matches_pattern("abcabc", "ab*abc"));
  CHECK_FALSE(matches_pattern("ab", "ab*b"));  // a character matches once
  CHECK_FALSE(matches_pattern("abc", "*b*b*"));
  CHECK_FALSE(matches_pattern("abc", "*c*b*"));

  Init init;
  Sequential net;
  net.add("a", std::make_shared<Linear>(LinearOptions{2, 3}, init));
  net.add("b", std::make_shared<Linear>(LinearOptions{3, 1}, init));
  CHECK(parameters_matching(net, "*.bias").size() == 2);
  freeze(net, "a.*");
  for (const NamedParameter& p : net.named_parameters()) {
    CHECK(p.parameter->requires_grad == (p.name[0] == 'b'));
  }
  freeze(net, "a.weight", false);
  CHECK(parameters_matching(net, "a.weight")[0]->requires_grad);
  CHECK_THROWS_WITH_AS(freeze(net, "a.wieght"), doctest::Contains("nearest name is 'a.weight'"),
                       Error);
}

TEST_CASE("patterns take time name x pattern") {
  const std::string name = "layer4.1.conv2.weight", stars(200000, '*');
  CHECK(matches_pattern(name, stars));
  CHECK_FALSE(matches_pattern(name, stars + "q"));
  CHECK_FALSE(matches_pattern(std::string(20000, 'a'), "*a*a*a*a*a*a*a*a*a*a*b*"));
  CHECK_FALSE(matches_pattern(name, std::string(200000, 'q') + "*"));
}

TEST_CASE("a pattern that matches nothing names what its literal ends are nearest to") {
  Init init;
  Sequential net;
  for (const char* name : {"c", "conv1", "conv2", "classifier"}) {
    net.add(name, std::make_shared<Linear>(LinearOptions{2, 2}, init));
  }
  const auto suggests = [&](const char* pattern, const std::string& name) {
    CAPTURE(pattern);
    CHECK_THROWS_WITH_AS(parameters_matching(net, pattern),
                         doctest::Contains(("nearest name is '" + name + "'").c_str()), Error);
  };
  suggests("conv9*", "conv1.weight");
  suggests("clasifier.*", "classifier.weight");
  suggests("clasifier*bias", "classifier.bias");
  suggests("*.conv2.biass", "conv2.bias");
}

TEST_CASE("module: an op's error names the module it is in") {
  class Outer final : public Module {
   public:
    Outer() { net_ = register_module("net", std::make_shared<Net>()); }
    Var forward(Var x) override { return (*net_)(x); }
    std::shared_ptr<Net> net_;
  } outer;
  const auto error = [&](const Shape& shape) {
    try {
      Tape tape;
      outer(tape.input(Tensor::full(shape, 1)));
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error({1, 1, 1, 2}).find("layer net.bn: batch_norm: x: training needs more than one") == 0);
  CHECK(error({1, 4, 4, 3}).find("layer net.conv: ") == 0);
  CHECK(error({2, 4, 4, 2}) == "");
}
