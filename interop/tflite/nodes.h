// From an operator table of a TFLite file to int8::Node.
#pragma once

#include "interop/tflite/tensors.h"

namespace octet::tflite {

/// Operator `index` of `subgraph`. Throws Error naming what is not supported: operator, version,
/// attribute; its operands are left to check_graph.
int8::Node read_node(const Model& model, const SubGraph& subgraph, unsigned index,
                     CopyBudget& budget);

}  // namespace octet::tflite
