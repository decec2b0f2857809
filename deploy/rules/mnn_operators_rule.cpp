#include <algorithm>
#include <array>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

constexpr std::array between_convolutions{OpCode::max_pool_2d, OpCode::maximum, OpCode::minimum};

}  // namespace

void mnn_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings) {
  std::vector<std::size_t> found;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    const auto y = static_cast<std::size_t>(node.outputs[0]);
    const bool wrong = std::find(between_convolutions.begin(), between_convolutions.end(),
                                 node.op) != between_convolutions.end();
    if (wrong && int8::is_codes(graph.tensors[y].type)) found.push_back(n);
  }
  if (found.empty()) return;
  findings.push_back({.text = nodes_text(graph, found) +
                              ": MNN's kernels of codes for x86 compute it wrongly between "
                              "convolutions",
                      .fix = "compare with octet on the device (check.py of octet deploy), or "
                             "convert without --compressionParamsFile"});
}

}  // namespace octet::deploy
