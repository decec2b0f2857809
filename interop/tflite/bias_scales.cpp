#include "interop/tflite/bias_scales.h"

#include <algorithm>
#include <limits>

#include "interop/tflite/tflite_ops.h"

namespace octet::tflite {
namespace {

/// float32(input scale * weight scale) for each of the bias's channels, as converters write it.
int8::Quantization bias_quantization(const int8::Graph& graph, const int8::Node& node,
                                     const WeightOperands& operands) {
  const auto tensor = [&](int operand) -> const int8::TensorDef& {
    const int t = node.inputs[static_cast<std::size_t>(operand)];
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  using Limits = std::numeric_limits<float>;
  const double input_scale = double{tensor(operands.input).quantization.scale[0]};
  int8::Quantization result;
  const std::vector<float>& weight_scales = tensor(operands.weights).quantization.scale;
  for (const float weight_scale : weight_scales) {
    const double product = input_scale * double{weight_scale};
    result.scale.push_back(
        static_cast<float>(std::clamp(product, double{Limits::min()}, double{Limits::max()})));
    result.zero_point.push_back(0);
  }
  const auto& shape = tensor(operands.bias).shape;  // [c] here, [1, 1, 1, c] from other writers
  while (result.axis + 1 < static_cast<int>(shape.size()) &&
         shape[static_cast<std::size_t>(result.axis)] == 1)
    ++result.axis;
  return result;
}

}  // namespace

std::map<int, int8::Quantization> bias_quantizations(const int8::Graph& graph) {
  std::map<int, int8::Quantization> result;
  for (const int8::Node& node : graph.nodes) {
    const auto operands = weight_operands(node.op);
    if (!operands || static_cast<std::size_t>(operands->bias) >= node.inputs.size()) continue;
    const int bias = node.inputs[static_cast<std::size_t>(operands->bias)];
    if (bias < 0 || graph.tensors[static_cast<std::size_t>(bias)].type == int8::DType::f32)
      continue;
    const int8::Quantization wanted = bias_quantization(graph, node, *operands);
    const auto [found, is_new] = result.try_emplace(bias, wanted);
    if (!is_new && found->second != wanted) found->second = {};
  }
  return result;
}

}  // namespace octet::tflite
