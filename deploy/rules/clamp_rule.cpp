#include <variant>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"
#include "int8/reference/activation_range.h"

namespace octet::deploy {
namespace {

using int8::Activation;
using int8::OpCode;

Activation activation_of(const int8::Node& node) {
  switch (node.op) {
    case OpCode::relu:
      return Activation::relu;
    case OpCode::relu6:
      return Activation::relu6;
    case OpCode::relu_n1_to_1:
      return Activation::relu_n1_to_1;
    default:
      break;
  }
  return std::visit(
      [](const auto& attributes) {
        if constexpr (requires { attributes.activation; })
          return attributes.activation;
        else
          return Activation::none;
      },
      node.attributes);
}

}  // namespace

void clamp_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  std::vector<std::size_t> clipped;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::TensorDef& y = graph.tensors[static_cast<std::size_t>(graph.nodes[n].outputs[0])];
    if (y.type != int8::DType::i8 || y.quantization.scale.size() != 1) continue;
    const int8::ClampRange range = int8::clamp_range(
        activation_of(graph.nodes[n]), y.quantization.scale[0], y.quantization.zero_point[0]);
    if (range != int8::ClampRange{}) clipped.push_back(n);
  }
  if (clipped.empty()) return;
  findings.push_back(
      {.from_scales = true,
       .text = nodes_text(graph, clipped) +
               ": its activation ends at other codes than the first and the last, so that it runs "
               "in floats",
       .fix = "quantize the network with octet, whose ranges end where the activation does"});
}

}  // namespace octet::deploy
