#include <algorithm>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::OpCode;

bool is_float(const int8::Graph& graph, int t) {
  return t >= 0 && graph.tensors[static_cast<std::size_t>(t)].type == DType::f32;
}

}  // namespace

void floats_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    if (node.op == OpCode::quantize || node.op == OpCode::dequantize) continue;
    const bool floats = std::any_of(node.outputs.begin(), node.outputs.end(),
                                    [&](int t) { return is_float(graph, t); });
    if (!floats) continue;
    findings.push_back({false, false,
                        node_text(graph, n) +
                            ": computes with floats, which runtimes round each in its own "
                            "way; codes behind it may differ from training's"});
    return;  // one is enough to know
  }
}

}  // namespace octet::deploy
