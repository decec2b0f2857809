// SAME instead of PAD and VALID.
#pragma once

#include "int8/graph/graph.h"

namespace octet::deploy {

/// The graph with SAME in each convolution and maximum pool that a PAD (or PADV2) stands in front
/// of, where it means the same: the pad is of height and width, with what the window's own padding
/// stands for, nothing else reads its result, and windows lie where SAME puts them. Codes stay.
/// Some consumers have no int8 PAD (TVM) or a slow one (OpenVINO).
int8::Graph with_same_padding(int8::Graph graph);

}  // namespace octet::deploy
