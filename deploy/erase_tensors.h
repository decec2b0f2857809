// Tensors of a graph that nothing uses any more.
#pragma once

#include <set>

#include "int8/graph/graph.h"

namespace octet::deploy {

/// Takes the tensors out of the list; indices of those behind them change. Requires that nothing of
/// the graph uses them.
void erase_tensors(int8::Graph& graph, const std::set<int>& gone);

}  // namespace octet::deploy
