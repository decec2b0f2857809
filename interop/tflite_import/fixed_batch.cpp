#include "interop/tflite_import/fixed_batch.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "int8/graph/attributes.h"

namespace octet::tflite_import {
namespace {

using int8::Graph;
using int8::Node;
using int8::OpCode;

const int8::Dims& dims(const Graph& graph, int t) {
  return graph.tensors[static_cast<std::size_t>(t)].shape;
}

bool broadcasts(OpCode op) {
  constexpr OpCode ops[] = {OpCode::add,         OpCode::sub,     OpCode::mul,
                            OpCode::div,         OpCode::maximum, OpCode::minimum,
                            OpCode::pow,         OpCode::prelu,   OpCode::squared_difference,
                            OpCode::batch_matmul};
  return std::ranges::find(ops, op) != std::end(ops);
}

/// Whether dimension 0 of the node's result, if it is of samples at all, lists them as its operands
/// do. That it has as many elements for each is seen when it is imported.
bool keeps_order(const Graph& graph, const Node& node) {
  const int8::Dims& x = dims(graph, node.inputs.at(0));
  const int8::Dims& y = dims(graph, node.outputs.at(0));
  const auto in_front = [](int axis, std::size_t rank) {
    return axis == 0 || axis + static_cast<int>(rank) == 0;
  };
  switch (node.op) {
    case OpCode::concatenation:
      return !in_front(int8::attributes_as<int8::ConcatenationAttributes>(node.attributes).axis,
                       y.size());
    case OpCode::pack:
      return !in_front(int8::attributes_as<int8::PackAttributes>(node.attributes).axis, y.size());
    case OpCode::strided_slice: {
      const int8::TensorDef& by = graph.tensors[static_cast<std::size_t>(node.inputs.at(3))];
      std::int32_t first = 0;
      if (by.constant.size < sizeof first) return false;
      std::memcpy(&first, by.constant.data, sizeof first);
      return first == 1 && x.size() == y.size() && x[0] == y[0];
    }
    case OpCode::tile:
    case OpCode::broadcast_to:
    case OpCode::slice:
    case OpCode::gather:
    case OpCode::mirror_pad:
      return x.size() == y.size() && x[0] == y[0];
    default:
      break;
  }
  // An operand of another rank has its first dimension beside another of the result's.
  return std::ranges::all_of(node.inputs, [&](int t) {
    return t < 0 || graph.tensors[static_cast<std::size_t>(t)].constant || !broadcasts(node.op) ||
           dims(graph, t).size() == y.size();
  });
}

}  // namespace

int take_one_sample(Graph& graph) {
  const auto divides = [&](int t, int samples) {
    const int8::Dims& d = dims(graph, t);
    return !d.empty() && d[0] % samples == 0;
  };
  const int8::Dims& first = dims(graph, graph.inputs.at(0));
  const int samples = first.empty() ? 1 : first[0];
  if (samples == 1 || !std::ranges::all_of(graph.inputs, [&](int t) {
        return divides(t, samples) && dims(graph, t)[0] == samples;
      })) {
    return 1;
  }
  std::vector<bool> weights(graph.tensors.size());  // computed from constants alone
  for (std::size_t t = 0; t < weights.size(); ++t)
    weights[t] = static_cast<bool>(graph.tensors[t].constant);
  for (const Node& node : graph.nodes) {
    const bool of_weights = std::ranges::all_of(
        node.inputs, [&](int t) { return t < 0 || weights[static_cast<std::size_t>(t)]; });
    for (const int t : node.outputs) weights[static_cast<std::size_t>(t)] = of_weights;
    if (of_weights) continue;
    const auto fits = [&](int t) { return divides(t, samples); };
    if (!std::ranges::all_of(node.outputs, fits) || !keeps_order(graph, node)) return 1;
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    int8::Dims& d = graph.tensors[i].shape;
    if (!weights[i] && !d.empty() && d[0] % samples == 0) d[0] /= samples;
  }
  return samples;
}

}  // namespace octet::tflite_import
