#pragma once

#include <vector>

#include "int8/engine/fuse_pads.h"

namespace octet::onnx_export {

/// Pads that operators of ONNX do themselves, an entry for each node: those that the engine fuses,
/// and PADV2 of floats by the lowest number in front of MAX_POOL_2D. Not those of a MaxPool that
/// are as large as its window, which ONNX does not allow.
std::vector<int8::PadFusion> fold_pads(const int8::Graph& graph);

}  // namespace octet::onnx_export
