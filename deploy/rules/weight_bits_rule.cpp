#include <algorithm>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

constexpr int most = 63;  // of 7 bits

/// Of a kernel larger than 1x1 [_, height, width, _].
bool is_spatial(const int8::Node& node, const int8::TensorDef& weights) {
  const bool conv = node.op == OpCode::conv_2d || node.op == OpCode::depthwise_conv_2d;
  return conv && weights.shape.size() == 4 && weights.shape[1] * weights.shape[2] > 1;
}

bool exceeds(const int8::TensorDef& weights) {
  if (weights.type != int8::DType::i8 || !weights.constant) return false;
  const auto* codes = reinterpret_cast<const std::int8_t*>(weights.constant.data);
  return std::any_of(codes, codes + weights.constant.size,
                     [](std::int8_t q) { return q > most || q < -most; });
}

}  // namespace

void weight_bits_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  std::vector<std::size_t> full;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (node.inputs.size() < 2 || node.inputs[1] < 0) continue;
    const int8::TensorDef& weights = graph.tensors[static_cast<std::size_t>(node.inputs[1])];
    if (is_spatial(node, weights) && exceeds(weights)) full.push_back(n);
  }
  if (full.empty()) return;
  findings.push_back({.text = nodes_text(graph, full) +
                              ": weight codes beyond +-63, with which MNN computes wrong codes "
                              "on x86-64 CPUs with VNNI",
                      .fix = "quant.weight_bits: 7, which quant.target mnn takes by itself"});
}

}  // namespace octet::deploy
