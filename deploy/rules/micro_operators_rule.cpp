#include <algorithm>
#include <cstddef>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"
#include "deploy/tflm/resolver_names.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

/// Whose kernels there take nothing but floats.
bool is_of_floats(OpCode op) {
  return op == OpCode::exp || op == OpCode::log || op == OpCode::sqrt;
}

/// Whether SPACE_TO_BATCH_ND pads; so may one whose pads a graph computes.
bool pads(const int8::Graph& graph, const int8::Node& node) {
  const int8::ConstBytes& amounts =
      graph.tensors[static_cast<std::size_t>(node.inputs[2])].constant;
  return !amounts || std::any_of(amounts.data, amounts.data + amounts.size,
                                 [](std::byte b) { return b != std::byte{0}; });
}

}  // namespace

void micro_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const OpCode op = graph.nodes[n].op;
    const int8::DType type = graph.tensors[static_cast<std::size_t>(graph.nodes[n].inputs[0])].type;
    if (!resolver_name(static_cast<std::int32_t>(op)))
      findings.push_back({true, false, node_text(graph, n) + ": TFLite Micro has no kernel of it"});
    if (is_of_floats(op) && type != int8::DType::f32)
      findings.push_back({true, false,
                          node_text(graph, n) + ": TFLite Micro's kernel takes float32 only, got " +
                              std::string(int8::dtype_name(type))});
    if (op == OpCode::space_to_batch_nd && pads(graph, graph.nodes[n]))
      findings.push_back(
          {false, false,
           node_text(graph, n) +
               ": TFLite Micro does not pad it with the zero point; codes behind it may differ"});
  }
}

}  // namespace octet::deploy
