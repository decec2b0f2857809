// Builds integer graphs by hand: for self checks, examples and tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Every function returns the new tensor's index. Constants are pseudo-random, but the same for the
/// same calls.
class GraphBuilder {
 public:
  Graph graph;

  int value(const std::string& name, std::vector<std::int32_t> shape, float scale, int zero_point) {
    TensorDef t;
    t.name = name;
    t.shape = std::move(shape);
    t.quantization = {{scale}, {zero_point}, 0};
    return add(std::move(t));
  }
  int float_value(const std::string& name, std::vector<std::int32_t> shape) {
    TensorDef t;
    t.name = name;
    t.type = DType::f32;
    t.shape = std::move(shape);
    return add(std::move(t));
  }
  int index_value(const std::string& name, std::vector<std::int32_t> shape) {
    const int i = float_value(name, std::move(shape));
    tensor(i).type = DType::i32;
    return i;
  }
  int ints(const std::string& name, const std::vector<std::int32_t>& values,
           std::vector<std::int32_t> shape) {
    TensorDef t;
    t.name = name;
    t.type = DType::i32;
    t.shape = std::move(shape);
    t.constant = own_bytes(std::as_bytes(std::span(values)));
    return add(std::move(t));
  }
  int ints(const std::string& name, const std::vector<std::int32_t>& values) {
    return ints(name, values, {static_cast<std::int32_t>(values.size())});
  }
  /// Symmetric weights with codes in [-127, 127]: one scale per entry of dimension `axis`, each a
  /// little larger than the last, or a single one if axis < 0.
  int weights(const std::string& name, std::vector<std::int32_t> shape, int axis, float scale) {
    const int count = std::accumulate(shape.begin(), shape.end(), 1, std::multiplies<>());
    std::vector<std::int8_t> codes(static_cast<std::size_t>(count));
    for (auto& c : codes) c = static_cast<std::int8_t>(static_cast<int>(rng_() % 255) - 127);
    TensorDef t;
    t.name = name;
    t.shape = std::move(shape);
    const int channels = axis < 0 ? 1 : t.shape[static_cast<std::size_t>(axis)];
    for (int c = 0; c < channels; ++c) {
      t.quantization.scale.push_back(scale * (1.0f + 0.25f * static_cast<float>(c)));
      t.quantization.zero_point.push_back(0);
    }
    t.quantization.axis = axis < 0 ? 0 : axis;
    t.constant = own_bytes(std::as_bytes(std::span(codes)));
    return add(std::move(t));
  }
  int bias(const std::string& name, int channels) {
    std::vector<std::int32_t> codes(static_cast<std::size_t>(channels));
    for (auto& c : codes) c = static_cast<std::int32_t>(rng_() % 401) - 200;
    return ints(name, codes);
  }
  void node(OpCode op, std::vector<int> inputs, std::vector<int> outputs,
            Attributes attributes = {}) {
    graph.nodes.push_back({op, std::move(inputs), std::move(outputs), std::move(attributes)});
  }
  TensorDef& tensor(int i) { return graph.tensors[static_cast<std::size_t>(i)]; }

 private:
  int add(TensorDef t) {
    graph.tensors.push_back(std::move(t));
    return static_cast<int>(graph.tensors.size()) - 1;
  }
  std::mt19937 rng_{7};
};

}  // namespace octet::int8
