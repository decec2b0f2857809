#include <algorithm>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

constexpr int most = 63;  // of 7 bits

bool exceeds(const int8::TensorDef& weights) {
  if (weights.type != int8::DType::i8 || !weights.constant) return false;
  const auto* codes = reinterpret_cast<const std::int8_t*>(weights.constant.data);
  return std::any_of(codes, codes + weights.constant.size,
                     [](std::int8_t q) { return q > most || q < -most; });
}

bool is_convolution(OpCode op) {
  return op == OpCode::conv_2d || op == OpCode::depthwise_conv_2d;
}

/// Of a kernel larger than 1x1 [_, height, width, _].
bool is_spatial(OpCode op, const int8::TensorDef& weights) {
  return is_convolution(op) && weights.shape.size() == 4 && weights.shape[1] * weights.shape[2] > 1;
}

bool is_product(OpCode op, const int8::TensorDef&) {
  return is_convolution(op) || op == OpCode::fully_connected;
}

/// One finding of the nodes with such weights whose codes exceed.
void find(const int8::Graph& graph, bool (*concerns)(OpCode, const int8::TensorDef&),
          const char* happens, std::vector<Finding>& findings) {
  std::vector<std::size_t> full;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (node.inputs.size() < 2 || node.inputs[1] < 0) continue;
    const int8::TensorDef& weights = graph.tensors[static_cast<std::size_t>(node.inputs[1])];
    if (concerns(node.op, weights) && exceeds(weights)) full.push_back(n);
  }
  if (full.empty()) return;
  findings.push_back(
      {.text = nodes_text(graph, full) + ": weight codes beyond +-63, with which " + happens,
       .fix = "quant.weight_bits: 7, which quant.target takes by itself"});
}

}  // namespace

void mnn_weights_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  find(graph, is_spatial, "MNN computes wrong codes on x86-64 CPUs with VNNI", findings);
}

void wide_weights_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  find(graph, is_product, "sums of two products saturate on x86-64 CPUs without VNNI", findings);
}

}  // namespace octet::deploy
