#include <set>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

/// TFLite's format fixes the zero point of their results.
bool has_fixed_params(OpCode op) {
  return op == OpCode::softmax || op == OpCode::logistic || op == OpCode::log_softmax;
}

/// Of codes with one zero point, else 0.
int zero_point(const int8::TensorDef& t) {
  const bool has = t.type == int8::DType::i8 && t.quantization.zero_point.size() == 1;
  return has ? t.quantization.zero_point[0] : 0;
}

}  // namespace

void zero_points_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  std::set<int> fixed;  // by the format, or moved from there
  std::vector<std::size_t> fixing;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    for (const int y : node.outputs) {
      const bool moved = !node.inputs.empty() && fixed.contains(node.inputs[0]) &&
                         tensor(y).quantization == tensor(node.inputs[0]).quantization;
      if (zero_point(tensor(y)) == 0 || (!moved && !has_fixed_params(node.op))) continue;
      fixed.insert(y);
      if (!moved) fixing.push_back(n);
    }
  }
  std::vector<int> asymmetric;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (zero_point(graph.tensors[t]) != 0 && !fixed.contains(static_cast<int>(t)))
      asymmetric.push_back(static_cast<int>(t));
  }
  if (!asymmetric.empty()) {
    const int8::TensorDef& first = tensor(asymmetric[0]);
    const std::size_t more = asymmetric.size() - 1;
    findings.push_back({.refused = true,
                        .text = "value \"" + one_line(first.name, 80) + "\"" +
                                (more > 0 ? " and " + std::to_string(more) + " more" : "") +
                                ": zero point " + std::to_string(zero_point(first)) +
                                ", expected 0",
                        .fix = "train with quant.target tensorrt, which gives every value zero "
                               "point 0"});
  }
  if (!fixing.empty()) {
    const int8::TensorDef& first = tensor(graph.nodes[fixing[0]].outputs[0]);
    findings.push_back({.refused = true,
                        .text = nodes_text(graph, fixing) + ": zero point " +
                                std::to_string(zero_point(first)) + " by the format, expected 0",
                        .fix = "leave the layer in floats: quant.float_layers"});
  }
}

}  // namespace octet::deploy
