// MUL of a value by a table of itself, as SiLU is written (x * LOGISTIC(x)): one table.
#pragma once

#include <vector>

#include "int8/graph/graph.h"

namespace octet::int8 {

struct Gate {
  int table = 0, product = 0;  ///< nodes
  int x = 0;                   ///< which input of the product is the value itself
};

/// Products whose table has no other use: it is neither a graph output nor a next state. Requires a
/// graph that passed check_graph and whose nodes compile.
std::vector<Gate> find_gates(const Graph& graph);

}  // namespace octet::int8
