// Quantized networks in forms that are not read, and operators on codes. Not for users of the
// library.
#pragma once

#include <string>
#include <string_view>

#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// For an operator that computes on codes itself: why it is not read, and what to do instead.
/// Empty: it is none.
std::string other_quantized_form(std::string_view op);

/// Calls import(node). Operators that move elements move codes as well as reals: their results are
/// codes like the operands. Throws Error for any other one that reads codes, but for those that
/// know.
void import_with_codes(OpNode& node, void (*import)(OpNode& node));

}  // namespace octet::onnx
