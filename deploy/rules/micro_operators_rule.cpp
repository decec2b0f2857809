#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"
#include "deploy/tflm/resolver_names.h"

namespace octet::deploy {

void micro_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::OpCode op = graph.nodes[n].op;
    if (!resolver_name(static_cast<std::int32_t>(op)))
      findings.push_back({true, false, node_text(graph, n) + ": TFLite Micro has no kernel of it"});
    if (op == int8::OpCode::space_to_batch_nd)
      findings.push_back(
          {false, false,
           node_text(graph, n) + ": TFLite Micro does not pad it with the zero point"});
  }
}

}  // namespace octet::deploy
