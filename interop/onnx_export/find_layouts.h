#pragma once

#include <vector>

#include "int8/graph/graph.h"
#include "interop/onnx_export/tensor_layout.h"

namespace octet::onnx_export {

/// Rank 4 is Layout::image; what RESHAPE makes of an image for FULLY_CONNECTED with constant
/// weights alone is Layout::flat_image, so that the weights change their order and not the value.
std::vector<Layout> find_layouts(const int8::Graph& graph);

/// [h, w, c] of the image that a value of Layout::flat_image was.
int8::Dims flattened_image(const int8::Graph& graph, int t);

}  // namespace octet::onnx_export
