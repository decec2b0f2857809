// The functions that import an operator each. Not for users of the library.
#pragma once

#include "interop/onnx/op_node.h"

namespace octet::onnx {

#define OCTET_ONNX_OP(op, since, until, function, text) void function(OpNode& node);
#define OCTET_ONNX_CONSTANT_OP(op, since, until, text)
#include "interop/onnx/ops/ops.inc"

/// Clip between a QuantizeLinear and a DequantizeLinear: a quantizer of fewer codes.
void import_clip_of_codes(OpNode& node);

}  // namespace octet::onnx
