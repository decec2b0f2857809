// FloatForm of pools, and the float operators of layers with weights.
#pragma once

#include <span>

#include "core/ops/ops.h"
#include "quant/floats/float_nodes.h"

namespace octet::quant {

int float_max_pool(FloatNodes& f, const Op& op, std::span<const int> x);
int float_average_pool(FloatNodes& f, const Op& op, std::span<const int> x);

/// A layer with weights [O, ...], as the float op has them, and a bias [O].
struct FloatLayer {
  const Op& op;  ///< conv2d, linear or conv_transpose2d
  Tensor weight, bias;
  std::string weight_name, bias_name;
  int8::Activation activation = int8::Activation::none;  ///< not of conv_transpose2d
};
/// Appends CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED or TRANSPOSE_CONV on tensor `x` (and PAD or
/// STRIDED_SLICE, as for codes) and returns the result, of shape `result`, of one sample.
int float_layer(FloatNodes& f, const FloatLayer& layer, int x, const Shape& result);

}  // namespace octet::quant
