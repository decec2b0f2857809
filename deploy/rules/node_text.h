// How findings name nodes.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "int8/graph/graph.h"

namespace octet::deploy {

/// operator 3 (CONV_2D) "layer"
inline std::string node_text(const int8::Graph& graph, std::size_t index) {
  const int8::Node& node = graph.nodes[index];
  const std::string& name = graph.tensors[static_cast<std::size_t>(node.outputs[0])].name;
  return "operator " + std::to_string(index) + " (" + std::string(int8::op_name(node.op)) + ") \"" +
         one_line(name, 80) + "\"";
}

/// The first of them, "and 3 more". Requires one at least.
inline std::string nodes_text(const int8::Graph& graph, const std::vector<std::size_t>& nodes) {
  const std::string first = node_text(graph, nodes[0]);
  return nodes.size() == 1 ? first : first + " and " + std::to_string(nodes.size() - 1) + " more";
}

}  // namespace octet::deploy
