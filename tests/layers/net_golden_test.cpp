// A whole small network against PyTorch: layouts, batch statistics, loss, gradients, two Adam
// steps.
#include <doctest/doctest.h>

#include "layers/layers.h"
#include "optim/adam.h"
#include "tests/golden_text.h"

using namespace octet;

namespace {

std::shared_ptr<Sequential> golden_net() {
  Init init;
  auto net = std::make_shared<Sequential>();
  net->add("conv", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 2,
                                                          .out_channels = 4,
                                                          .kernel = 3,
                                                          .padding = Padding2d::all(1),
                                                          .bias = false},
                                            init));
  net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 4}));
  net->add("relu", std::make_shared<Relu>())
      .add("pool", std::make_shared<MaxPool2d>(PoolOptions{}));
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{36, 3}, init));
  return net;
}

}  // namespace

TEST_CASE("forward, gradients, statistics and Adam equal PyTorch's") {
  const test::GoldenText golden("net.txt");
  const double tight = test::golden_tolerance(2e-6), after_adam = test::golden_tolerance(2e-5);
  auto net = golden_net();
  for (const NamedParameter& p : net->named_parameters()) {
    p.parameter->value.copy_from(golden.tensor("start." + p.name));
  }
  std::vector<std::int32_t> labels;
  for (double v : golden.values("labels")) labels.push_back(static_cast<std::int32_t>(v));
  const Tensor y = Tensor::from<std::int32_t>({4}, labels);
  Context ctx;
  optim::Adam adam(net->parameters(), {.lr = 0.01});
  for (int step = 1; step <= 2; ++step) {
    CAPTURE(step);
    const std::string key = std::to_string(step) + ".";
    const double tolerance = step == 1 ? tight : after_adam;
    Tape tape(ctx);
    const Var logits = (*net)(tape.input(golden.tensor("x")));
    const Var loss = cross_entropy(logits, y);
    adam.zero_grad();
    tape.backward(loss);
    CHECK(golden.distance(key + "logits", logits.value()) < tolerance);
    CHECK(golden.distance(key + "loss", loss.value()) < tolerance);
    for (const NamedParameter& p : net->named_parameters()) {
      CAPTURE(p.name);
      if (step == 1) CHECK(golden.distance("grad." + p.name, p.parameter->grad.value()) < tight);
    }
    adam.step(ctx);
    for (const NamedTensor& t : net->state()) {
      CAPTURE(t.name);
      CHECK(golden.distance(key + t.name, t.value) < after_adam);
    }
  }
  net->eval();
  Tape tape(ctx, GradMode::off);
  CHECK(golden.distance("eval.logits", (*net)(tape.input(golden.tensor("x"))).value()) <
        after_adam);
}
