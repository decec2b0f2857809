// Hand-built integer graphs, and a graph as text, for tests of readers, writers and the runtime.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "quant/int8/graph.h"

namespace octet::test {

/// Builds a graph tensor by tensor; constants are pseudo-random but always the same.
class GraphBuilder {
 public:
  int8::Graph graph;

  int value(const std::string& name, std::vector<std::int32_t> shape, float scale, int zero_point) {
    int8::TensorDef t;
    t.name = name;
    t.shape = std::move(shape);
    t.quantization = {{scale}, {zero_point}, 0};
    return add(std::move(t));
  }
  int float_value(const std::string& name, std::vector<std::int32_t> shape) {
    int8::TensorDef t;
    t.name = name;
    t.type = int8::DType::f32;
    t.shape = std::move(shape);
    return add(std::move(t));
  }
  int ints(const std::string& name, const std::vector<std::int32_t>& values,
           std::vector<std::int32_t> shape) {
    int8::TensorDef t;
    t.name = name;
    t.type = int8::DType::i32;
    t.shape = std::move(shape);
    t.constant = int8::own_bytes(std::as_bytes(std::span(values)));
    return add(std::move(t));
  }
  int ints(const std::string& name, const std::vector<std::int32_t>& values) {
    return ints(name, values, {static_cast<std::int32_t>(values.size())});
  }
  /// Symmetric weights; one scale per entry of dimension `axis`, or a single one if axis < 0.
  int weights(const std::string& name, std::vector<std::int32_t> shape, int axis, float scale) {
    const int count = std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>());
    std::vector<std::int8_t> codes(static_cast<std::size_t>(count));
    for (auto& c : codes) c = static_cast<std::int8_t>(static_cast<int>(rng_() % 255) - 127);
    int8::TensorDef t;
    t.name = name;
    t.shape = std::move(shape);
    const int channels = axis < 0 ? 1 : t.shape[static_cast<std::size_t>(axis)];
    for (int c = 0; c < channels; ++c) {
      t.quantization.scale.push_back(scale * (1.0f + 0.25f * static_cast<float>(c)));
      t.quantization.zero_point.push_back(0);
    }
    t.quantization.axis = axis < 0 ? 0 : axis;
    t.constant = int8::own_bytes(std::as_bytes(std::span(codes)));
    return add(std::move(t));
  }
  /// A bias for `weights` on an input of scale `input_scale`.
  int bias(const std::string& name, int weights, float input_scale, int channels) {
    std::vector<std::int32_t> codes(static_cast<std::size_t>(channels));
    for (auto& c : codes) c = static_cast<std::int32_t>(rng_() % 401) - 200;
    const int b = ints(name, codes);
    int8::Quantization q;
    for (const float s : tensor(weights).quantization.scale) {
      q.scale.push_back(static_cast<float>(double{input_scale} * double{s}));
      q.zero_point.push_back(0);
    }
    tensor(b).quantization = q;
    return b;
  }
  void node(int8::OpCode op, std::vector<int> inputs, std::vector<int> outputs,
            int8::Attributes attributes = {}) {
    graph.nodes.push_back({op, std::move(inputs), std::move(outputs), std::move(attributes)});
  }
  int8::TensorDef& tensor(int i) { return graph.tensors[static_cast<std::size_t>(i)]; }

 private:
  int add(int8::TensorDef t) {
    graph.tensors.push_back(std::move(t));
    return static_cast<int>(graph.tensors.size()) - 1;
  }
  std::mt19937 rng_{7};
};

/// conv -> fully connected -> softmax on a 4x4x2 image: small, with every kind of table.
inline int8::Graph small_graph() {
  using int8::OpCode;
  GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 2}, 0.5f, -3);
  const int w = b.weights("conv/w", {3, 3, 3, 2}, 0, 0.01f);
  const int bias = b.bias("conv/b", w, 0.5f, 3);
  const int y = b.value("conv", {1, 2, 2, 3}, 0.75f, -128);
  b.node(OpCode::conv_2d, {x, w, bias}, {y},
         int8::ConvAttributes{.padding = int8::Padding::same,
                              .stride_h = 2,
                              .stride_w = 2,
                              .activation = int8::Activation::relu});
  const int fw = b.weights("fc/w", {2, 12}, -1, 0.02f);
  const int fb = b.bias("fc/b", fw, 0.75f, 2);
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

/// A graph that holds every operator, with attributes that differ from their defaults.
int8::Graph every_op_graph();

/// All of a graph as text, constants included: equal graphs have equal texts.
std::string describe(const int8::Graph& graph);

}  // namespace octet::test
