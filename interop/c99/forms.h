// The C forms of the operators.
#pragma once

#include "interop/c99/c_program.h"

namespace octet::c99 {

/// Writes the C of a step: what it needs into the program, and its call. Throws Error.
using WriteStep = void (*)(CNode& node);

/// Null if the step has no C form.
WriteStep find_form(const int8::NodeView& node, const int8::Step& step);

// By operator, as in forms.cpp.
void write_conv(CNode& node);
void write_fully_connected(CNode& node);
void write_transpose_conv(CNode& node);
void write_binary(CNode& node);
void write_pool(CNode& node);
void write_bilinear(CNode& node);
void write_reduction(CNode& node);
void write_softmax(CNode& node);
void write_quantize(CNode& node);
void write_dequantize(CNode& node);
void write_moves(CNode& node);  ///< any step that moves bytes and does nothing else
void write_table(CNode& node);  ///< any step that is a function of each byte alone
void write_alias(CNode& node);  ///< the same bytes

}  // namespace octet::c99
