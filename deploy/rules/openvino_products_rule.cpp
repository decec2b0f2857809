#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {

void openvino_products_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  const auto tensor = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  const auto is_at = [&](int t, int zero_point) {
    const auto& found = tensor(t).quantization.zero_point;
    return found.size() == 1 && found[0] == zero_point;
  };
  std::vector<std::size_t> in_floats;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (node.op != int8::OpCode::batch_matmul) continue;
    if (!int8::is_codes(tensor(node.outputs[0]).type) || tensor(node.inputs[1]).constant) continue;
    if (!is_at(node.inputs[0], -128) || !is_at(node.inputs[1], 0)) in_floats.push_back(n);
  }
  if (in_floats.empty()) return;
  findings.push_back({.from_scales = true,
                      .text = nodes_text(graph, in_floats) +
                              ": runs in floats between quantizers, unless the zero points of its "
                              "inputs are -128 and 0: slower, and its codes may be others"});
}

}  // namespace octet::deploy
