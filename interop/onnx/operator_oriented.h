// Operators on codes (QLinearConv and the like) as float operators between quantizers. Not for
// users of the library.
#pragma once

#include "interop/onnx/model_file.h"

namespace octet::onnx {

/// Replaces each such operator by a DequantizeLinear for each operand of codes, the float operator
/// under its name, and a QuantizeLinear.
void expand_operators_on_codes(proto::GraphProto& graph);

}  // namespace octet::onnx
