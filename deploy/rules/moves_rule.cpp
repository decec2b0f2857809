#include <algorithm>

#include "deploy/rules/code_moves.h"
#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {

using int8::OpCode;

void moves_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  std::vector<std::size_t> unequal;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (!moves_codes(node.op)) continue;
    const std::size_t data = node.op == OpCode::split ? 1 : 0;  // behind the axis
    const int8::TensorDef& x = tensor(node.inputs[data]);
    const bool differ = std::any_of(node.outputs.begin(), node.outputs.end(), [&](int y) {
      return int8::is_codes(x.type) && int8::is_codes(tensor(y).type) &&
             tensor(y).quantization != x.quantization;
    });
    if (differ) unequal.push_back(n);
  }
  if (unequal.empty()) return;
  findings.push_back(
      {.text = nodes_text(graph, unequal) +
               ": input and output have different scales or zero points, so that it moves floats",
       .fix = "quantize the network with octet, which gives them one scale"});
}

}  // namespace octet::deploy
