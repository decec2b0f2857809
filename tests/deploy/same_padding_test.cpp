#include "deploy/same_padding.h"

#include <doctest/doctest.h>

#include "interop/tflite/writer.h"
#include "tests/int8/build.h"

namespace octet::deploy {
namespace {

using int8::Graph;
using int8::OpCode;
using test::Codes;

struct Case {
  int in, kernel, stride, dilation;
  std::vector<std::int32_t> pads;  // top, bottom, left, right
  bool same;
  bool depthwise = false;
};

/// PAD and a VALID convolution of [1, in, in, 4].
Graph padded_conv(const Case& c, std::mt19937_64& rng) {
  test::Builder b;
  const int x = b.i8({1, c.in, c.in, 4}, 0.5f, -3);
  const int h = c.in + c.pads[0] + c.pads[1], w = c.in + c.pads[2] + c.pads[3];
  const int padded = b.i8({1, h, w, 4}, 0.5f, -3);
  const int paddings = b.ints({0, 0, c.pads[0], c.pads[1], c.pads[2], c.pads[3], 0, 0}, {4, 2});
  b.node(OpCode::pad, {x, paddings}, {padded});
  const int k = (c.kernel - 1) * c.dilation + 1;
  const test::Dims shape =
      c.depthwise ? test::Dims{1, c.kernel, c.kernel, 4} : test::Dims{4, c.kernel, c.kernel, 4};
  const int weights = b.constant(shape, test::random_codes(rng, test::count_of(shape)), {0.01f});
  const int bias = b.ints({1, -2, 3, -4});
  const int y = b.i8({1, (h - k) / c.stride + 1, (w - k) / c.stride + 1, 4}, 0.75f, 2);
  int8::ConvAttributes a{.stride_h = c.stride,
                         .stride_w = c.stride,
                         .dilation_h = c.dilation,
                         .dilation_w = c.dilation};
  b.node(c.depthwise ? OpCode::depthwise_conv_2d : OpCode::conv_2d, {padded, weights, bias}, {y},
         a);
  return b.done({x}, {y});
}

void check_same_codes(const Graph& a, const Graph& b, std::mt19937_64& rng) {
  const Codes x = test::random_codes(rng, test::count_of(a.tensors[0].shape));
  CHECK(test::run_graph(a, {x}) == test::run_graph(b, {x}));
}

}  // namespace

TEST_CASE("SAME instead of PAD and VALID exactly where windows lie alike") {
  const Case cases[] = {
      {.in = 8, .kernel = 3, .stride = 1, .dilation = 1, .pads = {1, 1, 1, 1}, .same = true},
      {.in = 8, .kernel = 3, .stride = 2, .dilation = 1, .pads = {0, 1, 0, 1}, .same = true},
      {.in = 8, .kernel = 3, .stride = 2, .dilation = 1, .pads = {1, 1, 1, 1}, .same = false},
      {.in = 7, .kernel = 3, .stride = 2, .dilation = 1, .pads = {1, 1, 1, 1}, .same = true},
      {.in = 9, .kernel = 3, .stride = 1, .dilation = 2, .pads = {2, 2, 2, 2}, .same = true},
      {.in = 8, .kernel = 3, .stride = 1, .dilation = 1, .pads = {1, 0, 1, 1}, .same = false},
      {.in = 8, .kernel = 3, .stride = 1, .dilation = 1, .pads = {0, 2, 1, 1}, .same = false},
      // The last row of padding is read by no window.
      {.in = 8, .kernel = 3, .stride = 2, .dilation = 1, .pads = {0, 2, 0, 2}, .same = true},
      {.in = 8,
       .kernel = 3,
       .stride = 1,
       .dilation = 1,
       .pads = {1, 1, 1, 1},
       .same = true,
       .depthwise = true},
      {.in = 8, .kernel = 1, .stride = 1, .dilation = 1, .pads = {1, 1, 1, 1}, .same = false},
  };
  auto rng = std::mt19937_64(2);
  for (const Case& c : cases) {
    CAPTURE(c.in);
    CAPTURE(c.kernel);
    CAPTURE(c.stride);
    const Graph graph = padded_conv(c, rng);
    const Graph now = with_same_padding(graph);
    CHECK(now.nodes.size() == (c.same ? 1 : 2));
    CHECK(now.tensors.size() == graph.tensors.size() - (c.same ? 2 : 0));
    check_same_codes(graph, now, rng);
    CHECK_NOTHROW(serialize_tflite(now));
  }
}

TEST_CASE("a PAD stays that others read, that is an output or fills with something else") {
  auto rng = std::mt19937_64(3);
  const Case c{
      .in = 8, .kernel = 3, .stride = 1, .dilation = 1, .pads = {1, 1, 1, 1}, .same = true};
  Graph output = padded_conv(c, rng);
  output.outputs.push_back(1);
  CHECK(with_same_padding(output).nodes.size() == 2);
  Graph other_params = padded_conv(c, rng);
  other_params.tensors[1].quantization.zero_point[0] = 4;
  CHECK(with_same_padding(other_params).nodes.size() == 2);
}

TEST_CASE("PADV2 with the lowest code in front of a maximum pool is SAME") {
  for (const int fill : {-128, -127}) {
    test::Builder b;
    const int x = b.i8({1, 7, 7, 4}), padded = b.i8({1, 9, 9, 4}), y = b.i8({1, 4, 4, 4});
    const int paddings = b.ints({0, 0, 1, 1, 1, 1, 0, 0}, {4, 2});
    const int value = b.constant({1}, {static_cast<std::int8_t>(fill)});
    b.node(OpCode::padv2, {x, paddings, value}, {padded});
    b.node(OpCode::max_pool_2d, {padded}, {y},
           int8::PoolAttributes{.stride_h = 2, .stride_w = 2, .filter_h = 3, .filter_w = 3});
    const Graph graph = b.done({x}, {y}), now = with_same_padding(graph);
    CHECK(now.nodes.size() == (fill == -128 ? 1 : 2));
    auto rng = std::mt19937_64(4);
    check_same_codes(graph, now, rng);
  }
}

TEST_CASE("two convolutions with one constant of paddings keep it while one of them pads") {
  auto rng = std::mt19937_64(5);
  const Case c{
      .in = 8, .kernel = 3, .stride = 1, .dilation = 1, .pads = {1, 1, 1, 1}, .same = true};
  Graph graph = padded_conv(c, rng);
  int8::TensorDef extra = graph.tensors[1];
  extra.name = "padded again";
  graph.tensors.push_back(extra);
  const int padded = static_cast<int>(graph.tensors.size()) - 1;
  graph.nodes.push_back({OpCode::pad, {0, graph.nodes[0].inputs[1]}, {padded}, {}});
  graph.outputs.push_back(padded);
  const Graph now = with_same_padding(graph);
  CHECK(now.nodes.size() == 2);
  CHECK(now.tensors.size() == graph.tensors.size() - 1);
  check_same_codes(graph, now, rng);
}

}  // namespace octet::deploy
