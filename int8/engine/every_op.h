// One small network that holds every operator of the runtime.
#pragma once

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Every operator at least once, with attributes that differ from their defaults: what self checks
/// run and what the table of kernels is made from. One f32 input; the outputs are the ends of all
/// branches.
Graph every_op_graph();

}  // namespace octet::int8
