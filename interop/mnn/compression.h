// The scales by which MNN's converter makes an int8 model of a network in floats.
#pragma once

#include <cstddef>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::mnn {

/// The file that MNNConvert takes as --compressionParamsFile beside the graph's ONNX file of floats
/// (onnx_export::Form::dequantized): of each convolution the scales, zero points and ranges of its
/// codes. The converter finds a layer by the name of its result, behind the fused activation, and
/// takes convolutions only; other operators stay in floats. The same graph gives the same bytes.
/// Throws Error if two convolutions have results of one name.
std::vector<std::byte> serialize_compression(const int8::Graph& graph);

}  // namespace octet::mnn
