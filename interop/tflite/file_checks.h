// What a graph must satisfy to be in a TFLite file, read or written: everything but the meaning of
// the operators, which int8::Model checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "int8/graph/graph.h"

namespace octet::tflite {

/// "tensor 5 ("conv1/weights")" for messages.
std::string tensor_text(std::size_t index, std::string_view name);
/// "operator 3 (CONV_2D)" for messages.
std::string node_text(std::size_t index, int8::OpCode op);

/// Bytes of a value of this shape. Throws Error, beginning with `where`, for dimensions that are
/// not positive and beyond 2 GB.
std::uint64_t checked_bytes(const int8::TensorDef& tensor, const std::string& where);

/// Tensors: positive dimensions, at most 2 GB, constants of the size their shape says. Codes, where
/// they are quantized: int8::usable_scale, one or one per channel of a constant; zero points in
/// range. What other types say about quantization is not looked at.
/// Operators: known, with the number of operands they take, all of them tensors of the graph.
/// Data flow: every value is written once and before it is read; outputs and next states are
/// written. Unless `any_weights`, weights: INT8, quantized, zero points 0, channels where the
/// operator has them; biases INT32. Throws Error naming operator and tensor.
void check_graph(const int8::Graph& graph, bool any_weights = false);

}  // namespace octet::tflite
