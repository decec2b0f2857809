// Builds integer graphs tensor by tensor and runs them, for the tests of the runtime.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "int8/engine/model.h"

namespace octet::test {

using Codes = std::vector<std::int8_t>;
using Dims = std::vector<std::int32_t>;

inline std::int64_t count_of(const Dims& dims) {
  std::int64_t n = 1;
  for (const std::int32_t d : dims) n *= d;
  return n;
}

inline Codes random_codes(std::mt19937_64& rng, std::int64_t n) {
  Codes codes(static_cast<std::size_t>(n));
  for (std::int8_t& c : codes) c = static_cast<std::int8_t>(rng() >> 56);
  return codes;
}

/// All 256 codes, ascending.
inline Codes all_codes() {
  Codes codes;
  for (int q = -128; q <= 127; ++q) codes.push_back(static_cast<std::int8_t>(q));
  return codes;
}

class Builder {
 public:
  int8::Graph graph;

  int i8(Dims shape, float scale = 0.5f, int zero_point = 0) {
    int8::TensorDef t;
    t.shape = std::move(shape);
    t.quantization = {{scale}, {zero_point}, 0};
    return add(std::move(t));
  }
  int f32(Dims shape) {
    int8::TensorDef t;
    t.type = int8::DType::f32;
    t.shape = std::move(shape);
    return add(std::move(t));
  }
  /// An int8 constant. Several scales: per channel of dimension `axis`.
  int constant(Dims shape, const Codes& values, std::vector<float> scale = {0.5f},
               int zero_point = 0, int axis = 0) {
    int8::TensorDef t;
    t.shape = std::move(shape);
    t.quantization = {std::move(scale), {zero_point}, axis};
    t.constant = int8::own_bytes(std::as_bytes(std::span(values)));
    return add(std::move(t));
  }
  int ints(const std::vector<std::int32_t>& values, Dims shape) {
    int8::TensorDef t;
    t.type = int8::DType::i32;
    t.shape = std::move(shape);
    t.constant = int8::own_bytes(std::as_bytes(std::span(values)));
    return add(std::move(t));
  }
  int ints(const std::vector<std::int32_t>& values) {
    return ints(values, {static_cast<std::int32_t>(values.size())});
  }
  void node(int8::OpCode op, std::vector<int> inputs, std::vector<int> outputs,
            int8::Attributes attributes = {}) {
    graph.nodes.push_back({op, std::move(inputs), std::move(outputs), std::move(attributes)});
  }
  /// The graph with these inputs and outputs.
  int8::Graph done(std::vector<int> inputs, std::vector<int> outputs,
                   int8::Rounding rounding = int8::Rounding::single_rounding) {
    graph.inputs = std::move(inputs);
    graph.outputs = std::move(outputs);
    graph.rounding = rounding;
    return graph;
  }
  int8::TensorDef& operator[](int t) { return graph.tensors[static_cast<std::size_t>(t)]; }

 private:
  int add(int8::TensorDef t) {
    t.name.append(1, 't').append(std::to_string(graph.tensors.size()));
    graph.tensors.push_back(std::move(t));
    return static_cast<int>(graph.tensors.size()) - 1;
  }
};

inline void write_input(int8::ExecutionContext& context, int i, std::span<const std::byte> bytes) {
  const std::span<std::byte> to = context.input(i);
  std::memcpy(to.data(), bytes.data(), bytes.size());
}

inline Codes codes_of(std::span<const std::byte> bytes) {
  Codes codes(bytes.size());
  std::memcpy(codes.data(), bytes.data(), bytes.size());
  return codes;
}

/// Runs a model of int8 inputs on `batch` samples; all outputs, one after the other.
inline Codes run_model(const int8::Model& model, const std::vector<Codes>& inputs,
                       const int8::ContextOptions& options = {}) {
  int8::ExecutionContext context(model, options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    write_input(context, static_cast<int>(i), std::as_bytes(std::span(inputs[i])));
  }
  context.run();
  Codes result;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const Codes part = codes_of(context.output(static_cast<int>(i)));
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

inline Codes run_graph(const int8::Graph& graph, const std::vector<Codes>& inputs,
                       const int8::ContextOptions& options = {},
                       const int8::ModelOptions& model_options = {}) {
  return run_model(int8::Model(graph, model_options), inputs, options);
}

/// Index of the first difference; -1 if equal.
inline std::int64_t first_difference(const Codes& a, const Codes& b) {
  if (a.size() != b.size()) return static_cast<std::int64_t>(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return static_cast<std::int64_t>(i);
  }
  return -1;
}

}  // namespace octet::test
