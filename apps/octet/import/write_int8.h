// From a quantized network to the integer graph, with the scales that its file has.
#pragma once

#include <string>

#include "int8/reference/fixed_point.h"
#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet::app {

/// Writes `out`, a full-integer TFLite file, whole or not at all, and prints what it is. Throws
/// Error naming every value and weight of the network, read from file `path`, without stored
/// params, and layers that have no int8 form.
void write_int8(const std::string& path, const GraphModule& graph, const StoredQuantization& stored,
                int8::Rounding rounding, const std::string& out);

}  // namespace octet::app
