// From a network to a float16 TFLite file.
#pragma once

#include <string>

#include "layers/graph/graph_module.h"

namespace octet::app {

/// Writes `out`, whole or not at all, and prints what it is: the network, read from file `path`, as
/// TFLite's float operators with weights in float16. Its own weights may change: they need not be
/// in memory twice. Throws Error naming every layer that has no such operator.
void write_fp16(const std::string& path, GraphModule&& graph, const std::string& out);

}  // namespace octet::app
