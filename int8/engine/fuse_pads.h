// PAD + VALID convolution: the convolution gets explicit pads and the padded copy is never made.
#pragma once

#include <vector>

#include "int8/graph/graph.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {

/// One entry a node.
struct PadFusion {
  bool removed = false;  ///< a PAD that its consumer does
  int input = -1;        ///< the consumer's new input 0, or -1
  FusedPads pads;
};

/// Pads that disappear: PAD (or PADV2 whose value is what the consumer's padding means) of height
/// and width only, neither a graph output nor a next state, whose only use is input 0 of a VALID
/// CONV_2D or DEPTHWISE_CONV_2D (padding code: zero point) or MAX_POOL_2D (padding code: -128).
/// Requires a graph that passed check_graph and whose PAD nodes compile.
std::vector<PadFusion> fuse_pads(const Graph& graph);

}  // namespace octet::int8
