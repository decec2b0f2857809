// draw_parameters(): the first values of each kind of parameter.
#include "layers/graph/draw_parameters.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "layers/layers.h"
#include "tests/custom_module.h"

using namespace octet;
using test::Custom;

namespace {

std::vector<real> values(const GraphModule& graph, const std::string& name) {
  for (const NamedTensor& t : graph.state()) {
    if (t.name == name) return {t.value.span<real>().begin(), t.value.span<real>().end()};
  }
  FAIL("no tensor ", name);
  return {};
}

bool all(const std::vector<real>& v, real value) {
  return std::ranges::all_of(v, [&](real x) { return x == value; });
}

}  // namespace

TEST_CASE("draw_parameters: what layers begin with, and names of the rest") {
  Init init(3);
  auto net = std::make_shared<Sequential>();
  net->add("conv", std::make_shared<Conv2d>(
                       Conv2dOptions{.in_channels = 2, .out_channels = 6, .kernel = 3}, init));
  net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 6}));
  net->add("prelu", std::make_shared<Prelu>(6));
  ParameterPtr shift, factor, other;
  const auto added = std::make_shared<Custom>([&](Var x) {
    Tape& tape = *x.tape;
    return maximum(x * tape.param(factor) + tape.param(shift), tape.param(other));
  });
  factor = added->register_parameter("factor", Tensor::full({6}, 9));
  shift = added->register_parameter("shift", Tensor::full({6}, 9));
  other = added->register_parameter("other", Tensor::full({6}, 9));
  net->add("rest", added);
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{6 * 25, 4}, init));
  const auto graph = trace(net, Tensor::zeros({1, 7, 7, 2}));
  for (const NamedTensor& t : graph->state()) {
    Tensor value = t.value;
    std::ranges::fill(value.span<real>(), real(9));
  }

  Init drawn(5);
  CHECK(draw_parameters(*graph, drawn) == std::vector<std::string>{"rest.other"});
  CHECK(all(values(*graph, "bn.weight"), 1));
  CHECK(all(values(*graph, "bn.bias"), 0));
  CHECK(all(values(*graph, "bn.running_mean"), 0));
  CHECK(all(values(*graph, "bn.running_var"), 1));
  CHECK(all(values(*graph, "prelu.weight"), real(0.25)));
  CHECK(all(values(*graph, "rest.factor"), 1));
  CHECK(all(values(*graph, "rest.shift"), 0));
  CHECK(all(values(*graph, "rest.other"), 9));
  for (const auto& of : {std::pair{"conv.weight", 18}, std::pair{"conv.bias", 18},
                         std::pair{"fc.weight", 150}, std::pair{"fc.bias", 150}}) {
    CAPTURE(of.first);
    const real bound = 1 / std::sqrt(static_cast<real>(of.second));
    const std::vector<real> v = values(*graph, of.first);
    CHECK(std::ranges::all_of(v, [&](real x) { return std::fabs(x) <= bound; }));
    CHECK(std::ranges::any_of(v, [&](real x) { return std::fabs(x) > bound / 3; }));
  }
  // The same seed gives the same values, whatever they were.
  const std::vector<real> once = values(*graph, "fc.weight");
  Init again(5);
  draw_parameters(*graph, again);
  CHECK(values(*graph, "fc.weight") == once);
}
