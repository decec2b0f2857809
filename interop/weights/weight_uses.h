// What a network does with its weights, as far as the order of their axes depends on it.
#pragma once

#include <map>
#include <string>

#include "interop/weights/axis_order.h"
#include "layers/graph/graph_module.h"

namespace octet {

/// By the names of the parameters and statistics: the weights of transposed convolutions, and of
/// linear layers and batch norms that read a flattened image.
std::map<std::string, LayerUse> weight_uses(const GraphModule& graph);

}  // namespace octet
