// What compiles nodes in float rounding.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8::xnnpack {

/// A node as LiteRT's default interpreter runs it: by XNNPACK's rule for its operator where
/// XNNPACK takes it, else by that of LiteRT's own kernel.
std::unique_ptr<Step> create(const NodeView& node);

using CreateNode = std::unique_ptr<Step>(const NodeView&);

// XNNPACK's
CreateNode create_sum_or_difference;  ///< ADD, SUB
CreateNode create_product;            ///< MUL
CreateNode create_rescaling;          ///< QUANTIZE
CreateNode create_curve;              ///< LOGISTIC, TANH, ELU
CreateNode create_leaky_relu;
CreateNode create_mean_or_sum;
CreateNode create_bilinear_resize;
// LiteRT's own
CreateNode create_relu;           ///< RELU, RELU6
CreateNode create_far_rescaling;  ///< QUANTIZE
CreateNode create_row_softmax;

}  // namespace octet::int8::xnnpack
