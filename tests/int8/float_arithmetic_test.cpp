// Float rounding: whose arithmetic a node has, by its operator, scales and shapes.
#include <doctest/doctest.h>

#include "int8/xnnpack/arithmetic.h"
#include "tests/int8/build.h"
#include "tests/int8/graphs.h"

namespace octet::test {
namespace {

using namespace int8;

/// Of the last node.
std::string arithmetic(const Graph& graph) {
  return std::string(xnnpack::arithmetic_name(xnnpack::arithmetic_of(
      {graph, static_cast<int>(graph.nodes.size()) - 1, Rounding::float_rounding, Isa::portable})));
}

/// One operator of [1, 16] values of these scales, zero point 3.
std::string arithmetic(OpCode op, std::initializer_list<float> scales_in, float s_out,
                       Attributes attributes = {}) {
  Builder b;
  std::vector<int> inputs;
  for (const float s : scales_in) {
    inputs.push_back(static_cast<int>(inputs.size()));
    b.i8({1, 16}, s, 3);
  }
  const int y = static_cast<int>(inputs.size());
  b.i8({1, 16}, s_out, 3);
  b.node(op, inputs, {y}, std::move(attributes));
  return arithmetic(b.done(inputs, {y}, Rounding::float_rounding));
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("float rounding: XNNPACK's arithmetic where it takes the scales") {
    CHECK(arithmetic(OpCode::add, {0.5f, 0.5f}, 0.5f) == "xnnpack");
    CHECK(arithmetic(OpCode::add, {512.0f, 0.5f}, 512.0f) == "xnnpack");  // 2^-10
    CHECK(arithmetic(OpCode::add, {512.5f, 0.5f}, 512.5f) == "double");
    CHECK(arithmetic(OpCode::sub, {0.5f, 127.5f}, 0.5f) == "xnnpack");
    CHECK(arithmetic(OpCode::sub, {0.5f, 128.0f}, 0.5f) == "double");  // 2^8
    CHECK(arithmetic(OpCode::mul, {0.5f, 0.5f}, 16384.0f) == "xnnpack");
    CHECK(arithmetic(OpCode::mul, {0.5f, 0.5f}, 16400.0f) == "double");
    CHECK(arithmetic(OpCode::quantize, {0.5f}, 128.0f) == "xnnpack");
    CHECK(arithmetic(OpCode::quantize, {0.5f}, 128.5f) == "double, ties up");
    CHECK(arithmetic(OpCode::leaky_relu, {0.5f}, 0.5f, LeakyReluAttributes{0.25f}) == "xnnpack");
    CHECK(arithmetic(OpCode::leaky_relu, {0.5f}, 0.5f, LeakyReluAttributes{0.001f}) == "double");
  }

  TEST_CASE("float rounding: LiteRT's own arithmetic of the others") {
    CHECK(arithmetic(OpCode::relu, {0.5f}, 0.5f) == "double");
    CHECK(arithmetic(OpCode::abs, {0.5f}, 0.5f) == "double");
    CHECK(arithmetic(OpCode::softmax, {0.5f}, 1.0f / 256) == "float32");
    CHECK(arithmetic(OpCode::log_softmax, {0.5f}, 1.0f / 16) == "float32");
    CHECK(arithmetic(OpCode::logistic, {0.5f}, 1.0f / 256) == "xnnpack");
    CHECK(arithmetic(OpCode::exp, {0.5f}, 0.5f) == "any");
    CHECK(arithmetic(OpCode::maximum, {0.5f, 0.5f}, 0.5f) == "any");
  }

  TEST_CASE("float rounding: a convolution with weights that XNNPACK does not take") {
    Builder b = conv();
    CHECK(arithmetic(b.graph) == "xnnpack");
    b[1].quantization.scale[0] = 1e-40f;  // not a normal number
    CHECK(arithmetic(b.graph) == "double, ties up");
  }
}

}  // namespace octet::test
