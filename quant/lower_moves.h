// The nodes of ops that move elements or, resizing, mix neighbours: the same for codes and floats.
#pragma once

#include <string>
#include <vector>

#include "core/ops/layout.h"
#include "core/ops/resize_op.h"
#include "quant/lowering.h"

namespace octet::quant {

/// Each appends a node whose result is called `layer` and has the type and quantization of
/// `input`, and returns its tensor. Pads are zeros.
int lower_layout(Lowering& graph, const LayoutOp& op, const std::string& layer, int input);
int lower_reshape(Lowering& graph, const Shape& result, const std::string& layer, int input);
int lower_concat(Lowering& graph, int axis, const std::string& layer, std::vector<int> parts);
/// Requires a resize of the format: see resize_of_format().
int lower_resize(Lowering& graph, const Resize2dOp& op, const std::string& layer, int input);

int8::ResizeAttributes resize_attributes(const Resize2dOp& op);

}  // namespace octet::quant
