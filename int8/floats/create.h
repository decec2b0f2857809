// What compiles the nodes that compute with floats: the islands that converters leave between
// DEQUANTIZE and QUANTIZE, and whole networks of floats. A small reference executor: one
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

Create create_conv;  ///< CONV_2D, DEPTHWISE_CONV_2D
Create create_fully_connected;
Create create_transpose_conv;
Create create_batch_matmul;
Create create_pool;      ///< AVERAGE_POOL_2D, MAX_POOL_2D
Create create_bilinear;  ///< RESIZE_BILINEAR

}  // namespace octet::int8::floats
