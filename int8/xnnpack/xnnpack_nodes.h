// What compiles nodes in float rounding.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8::xnnpack {

/// A node as LiteRT's default interpreter runs it: by XNNPACK's rule for its operator where
/// XNNPACK takes it, else by that of LiteRT's own kernel.
std::unique_ptr<Step> create(const NodeView& node);

/// Whether a node's values are those that have an arithmetic of this folder.
bool is_of_codes(const NodeView& node);
/// Whether XNNPACK has a rule for the operator.
bool has_rule(OpCode op) noexcept;
/// Channels that LiteRT's own kernels requantize in vectors, which round otherwise than its code
/// for the rest.
int channels_in_vectors(const NodeView& node);

using CreateNode = std::unique_ptr<Step>(const NodeView&);

// XNNPACK's
CreateNode create_sum_or_difference;  ///< ADD, SUB
CreateNode create_product;            ///< MUL
CreateNode create_rescaling;          ///< QUANTIZE
CreateNode create_mean_or_sum;
CreateNode create_bilinear_resize;
// LiteRT's own
CreateNode create_far_rescaling;  ///< QUANTIZE
CreateNode create_row_softmax;
CreateNode create_row_log_softmax;
// whosever it is
CreateNode create_function;  ///< LOGISTIC, TANH, ELU, LEAKY_RELU, RELU, RELU6

}  // namespace octet::int8::xnnpack
