// Hand-built integer graphs, and a graph as text, for tests of readers, writers and the runtime.
#pragma once

#include <cstddef>
#include <string>

#include "int8/engine/every_op.h"
#include "int8/graph/graph_builder.h"

namespace octet::test {

using int8::every_op_graph;
using int8::every_other_op_graph;
using int8::GraphBuilder;

/// conv -> fully connected -> softmax on a 4x4x2 image: small, with every kind of table.
inline int8::Graph small_graph() {
  using int8::OpCode;
  GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 2}, 0.5f, -3);
  const int w = b.weights("conv/w", {3, 3, 3, 2}, 0, 0.01f);
  const int bias = b.bias("conv/b", 3);
  const int y = b.value("conv", {1, 2, 2, 3}, 0.75f, -128);
  b.node(OpCode::conv_2d, {x, w, bias}, {y},
         int8::ConvAttributes{.padding = int8::Padding::same,
                              .stride_h = 2,
                              .stride_w = 2,
                              .activation = int8::Activation::relu});
  const int fw = b.weights("fc/w", {2, 12}, -1, 0.02f);
  const int fb = b.bias("fc/b", 2);
  const int z = b.value("fc", {1, 2}, 0.25f, 5);
  b.node(OpCode::fully_connected, {y, fw, fb}, {z}, int8::FullyConnectedAttributes{});
  const int p = b.value("p", {1, 2}, 1.0f / 256, -128);
  b.node(OpCode::softmax, {z}, {p}, int8::SoftmaxAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {p};
  b.graph.rounding = int8::Rounding::single_rounding;
  b.graph.name = "main";
  b.graph.description = "octet test";
  b.graph.metadata["octet.note"] = "a small graph";
  return b.graph;
}

/// Two states: `past`, the two inputs before, in front of which the input makes `window`, and
/// `total`, the sum of all inputs. Outputs: window [1, 3, 3] and total [1, 1, 3]; codes are reals.
inline int8::Graph streaming_graph() {
  using int8::OpCode;
  GraphBuilder b;
  const int x = b.value("x", {1, 1, 3}, 1, 0), past = b.value("past", {1, 2, 3}, 1, 0);
  const int before = b.value("before", {1, 1, 3}, 1, 0), total = b.value("total", {1, 1, 3}, 1, 0);
  const int window = b.value("window", {1, 3, 3}, 1, 0), next = b.value("next", {1, 2, 3}, 1, 0);
  b.node(OpCode::concatenation, {past, x}, {window}, int8::ConcatenationAttributes{1});
  b.node(OpCode::strided_slice,
         {window, b.ints("begin", {0, 1, 0}), b.ints("end", {1, 3, 3}), b.ints("by", {1, 1, 1})},
         {next}, int8::StridedSliceAttributes{});
  b.node(OpCode::add, {before, x}, {total}, int8::ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {window, total};
  const auto bytes = [](std::vector<std::int8_t> codes) {
    return int8::own_bytes(std::as_bytes(std::span(codes)));
  };
  b.graph.states = {{past, next, bytes({1, 2, 3, 4, 5, 6})}, {before, total, bytes({0, 10, -10})}};
  b.graph.rounding = int8::Rounding::double_rounding;
  b.graph.name = "main";
  b.graph.description = "octet test";
  return b.graph;
}

/// Node `index` of `graph` as a graph of its own: its values that are not constants are the inputs.
int8::Graph single_node_graph(const int8::Graph& graph, std::size_t index);

/// All of a graph as text, constants included: equal graphs have equal texts.
std::string describe(const int8::Graph& graph);

}  // namespace octet::test
