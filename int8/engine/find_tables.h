// Any function of codes as a standard file says it: CAST of the codes to INT32, ADD of 128, GATHER
// of the function's 256 values by that. The engine takes the three for the table that they are.
#pragma once

#include <vector>

#include "int8/graph/graph.h"

namespace octet::int8 {

struct GatheredTable {
  int cast = 0, add = 0, gather = 0;  ///< nodes
  int x = 0;                          ///< the tensor of codes
};

/// Those whose INT32 values have no other use. Requires a graph that passed check_graph.
std::vector<GatheredTable> find_gathered_tables(const Graph& graph);

}  // namespace octet::int8
