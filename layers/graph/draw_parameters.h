// A network that somebody else made as an architecture: with new weights.
#pragma once

#include <string>
#include <vector>

#include "layers/graph/graph_module.h"
#include "layers/init.h"

namespace octet {

/// Gives the graph's parameters and running statistics the values that the layers of layers/ begin
/// with: weights and biases of convolutions, linear layers and products are drawn from `init` (see
/// Init::kaiming_uniform), normalizations scale by 1 and shift by 0, PReLU's slopes are 0.25, what
/// is added is 0 and what multiplies 1. A parameter that several ops read gets what the first one
/// needs. Returns the names of those that other ops read: they stay as they are.
std::vector<std::string> draw_parameters(GraphModule& graph, Init& init);

}  // namespace octet
