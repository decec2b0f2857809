// From a network to a float16 TFLite file.
#pragma once

#include <string>

#include "layers/graph/graph_module.h"

namespace octet::app {

/// Writes `out`, whole or not at all, and prints what it is: the network, read from file `path`, as
/// TFLite's float operators with weights in float16. Throws Error naming every layer that has none.
void write_fp16(const std::string& path, const GraphModule& graph, const std::string& out);

}  // namespace octet::app
