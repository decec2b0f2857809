// Who reads a tensor of a graph.
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Whether somebody reads the tensor when all nodes have run.
inline bool is_read_after(const Graph& graph, int t) {
  return std::find(graph.outputs.begin(), graph.outputs.end(), t) != graph.outputs.end() ||
         std::any_of(graph.states.begin(), graph.states.end(),
                     [t](const State& s) { return s.output == t; });
}

}  // namespace octet::int8
