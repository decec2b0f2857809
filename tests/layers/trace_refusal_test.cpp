// Models whose structure depends on the data or on the batch size cannot be traced.
#include <doctest/doctest.h>

#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "tests/custom_module.h"
#include "tests/layers/compared_tensors.h"

using namespace octet;
using test::Custom;
using test::random_tensor;

namespace {

std::string trace_error(Module& m, const Tensor& example) {
  try {
    trace(m, example);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::string trace_error(std::function<Var(Var)> f) {
  Custom m(std::move(f));
  return trace_error(m, Tensor::full({3, 4}, 1));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a model that branches on its data is refused, naming layer and op") {
  Sequential net;
  auto branch =
      std::make_shared<Custom>([](Var x) { return x.value().r()[0] > 0 ? relu(x) : relu6(x); });
  net.add("stem", std::make_shared<Flatten>()).add("branch", branch);
  for (real v : {real(1), real(-1)}) {
    const std::string message = trace_error(net, Tensor::full({3, 4}, v));
    CAPTURE(message);
    CHECK(contains(message, "another op"));
    CHECK(contains(message, "op relu in layer 'branch'"));
    CHECK(contains(message, "op relu6 in layer 'branch'"));
  }
}

TEST_CASE("whatever else depends on data or batch is refused") {
  auto positive = [](Var x) { return x.value().r()[0] > 0; };
  auto batch = [](Var x) { return x.shape()[0]; };
  Custom owner([](Var x) { return x; });
  auto p = owner.register_parameter("p", random_tensor({4, 4}, 1));
  auto q = owner.register_parameter("q", random_tensor({4, 4}, 2));
  auto stats = [] {
    return std::make_shared<BatchNormStats>(
        BatchNormStats{Tensor::zeros({4}), Tensor::full({4}, 1)});
  };
  auto s1 = stats(), s2 = stats();
  const Tensor ones = Tensor::full({4}, 1);
  struct Case {
    const char* expected;
    std::function<Var(Var)> f;
  };
  const Case cases[] = {
      {"another constant",
       [&](Var x) {
         return linear(x, x.tape->constant(Tensor::full({2, 4}, static_cast<real>(batch(x)))));
       }},
      {"another constant",
       [&](Var x) {
         return linear(x, x.tape->constant(Tensor::zeros({batch(x), 4})));
       }},
      {"another parameter", [&](Var x) { return linear(x, x.tape->param(positive(x) ? p : q)); }},
      {"other attributes",
       [&](Var x) {
         return positive(x) ? reshape(x, {2, 2}) : reshape(x, {4, 1});
       }},
      {"other operands",
       [&](Var x) {
         const Var y = relu(x), z = relu(x);
         return positive(x) ? y + z : z + y;
       }},
      {"adds op relu", [&](Var x) { return positive(x) ? relu(x) : relu(relu(x)); }},
      {"leaves out op relu", [&](Var x) { return positive(x) ? relu(relu(x)) : relu(x); }},
      {"another result",
       [&](Var x) {
         const Var y = relu(x), z = relu6(x);
         return positive(x) ? y : z;
       }},
      {"other statistics",
       [&](Var x) {
         const Var g = x.tape->constant(ones);
         return batch_norm(x, g, g, positive(x) ? s1 : s2);
       }},
      {"not registered", [&](Var x) { return linear(x, x.tape->param(p)); }},
      {"no inputs but those", [&](Var x) { return x + x.tape->input(x.value().clone()); }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.expected);
    const std::string message = trace_error(c.f);
    CAPTURE(message);
    CHECK(contains(message, c.expected));
  }
  Custom identity([](Var x) { return x; });
  CHECK(contains(trace_error(identity, Tensor()), "expected an example"));
  CHECK(contains(trace_error(identity, Tensor::zeros({0, 4})), "expected an example"));
  CHECK(trace(identity, Tensor::zeros({1, 4}))->outputs()[0].node == 0);
}

TEST_CASE("tracing restores the mode when it refuses") {
  auto branch =
      std::make_shared<Custom>([](Var x) { return x.value().r()[0] > 0 ? relu(x) : relu6(x); });
  Sequential net({branch});
  branch->eval();
  CHECK_THROWS_AS(trace(net, Tensor::full({3, 4}, 1)), Error);
  CHECK(net.is_training());
  CHECK_FALSE(branch->is_training());
}
