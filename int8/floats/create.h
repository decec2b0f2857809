// What compiles the nodes that compute with floats: the islands that converters leave between
// DEQUANTIZE and QUANTIZE, and floats at the edges of a graph. A small reference executor: one
// portable implementation of each operator, whose bits are the same on every machine.
#pragma once

#include <memory>

#include "int8/ops/catalogue.h"
#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8::floats {

/// What compiles the same operator on codes.
CreateStep create_of_codes(OpCode op) noexcept;

using Create = std::unique_ptr<Step>(const NodeView&);

Create create_unary;     ///< one value, element by element
Create create_binary;    ///< two values that broadcast
Create create_reduce;    ///< MEAN, SUM, REDUCE_MAX, REDUCE_MIN
Create create_rows;      ///< SOFTMAX, LOG_SOFTMAX, L2_NORMALIZATION: the last dimension
Create create_move;      ///< elements are moved as those of codes are
Create create_constant;  ///< DEQUANTIZE of a constant

}  // namespace octet::int8::floats
