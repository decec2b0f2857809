#include <algorithm>
#include <array>
#include <set>

#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"

namespace octet::deploy {
namespace {

using int8::OpCode;

constexpr std::array between_convolutions{OpCode::max_pool_2d, OpCode::maximum, OpCode::minimum};

/// What stands behind the last layer.
constexpr std::array at_the_end{OpCode::softmax, OpCode::quantize, OpCode::dequantize};

/// Those whose results another operator reads: behind the last one nothing follows from floats.
std::vector<std::size_t> inner_floats(const int8::Graph& graph) {
  std::set<int> read;
  for (const int8::Node& node : graph.nodes) {
    if (std::find(at_the_end.begin(), at_the_end.end(), node.op) == at_the_end.end())
      read.insert(node.inputs.begin(), node.inputs.end());
  }
  std::vector<std::size_t> found;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::Node& node = graph.nodes[n];
    const bool floats = node.op == OpCode::fully_connected || node.op == OpCode::transpose_conv;
    const auto y = static_cast<std::size_t>(node.outputs[0]);
    if (floats && int8::is_codes(graph.tensors[y].type) && read.contains(node.outputs[0]))
      found.push_back(n);
  }
  return found;
}

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
  if (const auto floats = inner_floats(graph); !floats.empty())
    findings.push_back(
        {.text = nodes_text(graph, floats) + ": runs in floats there, its codes may be others"});
  if (found.empty()) return;
  findings.push_back({.text = nodes_text(graph, found) +
                              ": MNN's kernels of codes for x86 compute it wrongly between "
                              "convolutions",
                      .fix = "compare with octet on the device (check.py of octet deploy), or "
                             "convert without --compressionParamsFile"});
}

}  // namespace octet::deploy
