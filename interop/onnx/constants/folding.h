// Computing what is known when a file is read: the shape arithmetic of exporters, weights through
// reshapes and casts. Not for users of the library.
#pragma once

#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// Of element types: reals unless all are integers.
using Constants = std::vector<ConstantPtr>;

/// Computes operator `node` of constants; false, with nothing done, if it is none of its family.
bool fold_elementwise(OpNode& node, const Constants& x);
bool fold_moves(OpNode& node, const Constants& x);
bool fold_reductions(OpNode& node, const Constants& x);
bool fold_quantized(OpNode& node, const Constants& x);
/// Those that make constants: Constant, ConstantOfShape, Range, Shape, Size.
bool fold_sources(OpNode& node);

void set_constant(OpNode& node, std::size_t i, ConstantPtr c);

}  // namespace octet::onnx
