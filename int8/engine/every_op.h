// Small networks that hold every operator of the runtime.
#pragma once

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Every operator of cnn_ops() at least once, with attributes that differ from their defaults: what
/// self checks run and what the table of kernels is made from. One f32 input; the outputs are the
/// ends of all branches.
Graph every_op_graph();

/// The same of what all_ops() has beside them: operators of codes, each that computes with floats,
/// and some that move them. One i16 input; two operators keep states.
Graph every_other_op_graph();

}  // namespace octet::int8
