// The nodes of a graph, each as a graph of its own.
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"

namespace octet::test {

/// Node `n` alone: what it reads that is computed becomes an input, or stays a state.
inline int8::Graph only_node(const int8::Graph& all, std::size_t n) {
  int8::Graph one = all;
  const int8::Node& node = all.nodes[n];
  one.nodes = {node};
  one.inputs.clear();
  one.input_names.clear();
  one.output_names.clear();
  one.outputs = node.outputs;
  std::erase_if(one.states, [&](const int8::State& s) {
    return s.input != s.output ||
           std::find(node.inputs.begin(), node.inputs.end(), s.input) == node.inputs.end();
  });
  const auto is_state = [&](int t) {
    return std::any_of(one.states.begin(), one.states.end(),
                       [&](const int8::State& s) { return s.input == t; });
  };
  for (const int t : node.inputs) {
    if (t < 0 || all.tensors[static_cast<std::size_t>(t)].constant || is_state(t)) continue;
    if (std::find(one.inputs.begin(), one.inputs.end(), t) == one.inputs.end())
      one.inputs.push_back(t);
  }
  return one;
}

}  // namespace octet::test
