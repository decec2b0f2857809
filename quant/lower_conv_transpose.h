// The nodes of a transposed convolution: the same for codes and floats.
#pragma once

#include <functional>
#include <string>

#include "core/ops/conv_transpose.h"
#include "quant/lowering.h"

namespace octet::quant {

struct ConvOperandTensors {
  int input, weight, bias;
};

/// Appends a TRANSPOSE_CONV whose result, of one sample and shape `result`, is called `layer`, and
/// returns its tensor. With pads other than none and SAME it is the whole result, of which a
/// STRIDED_SLICE takes what is inside the pads. `add_value` adds a tensor of the results' type.
int lower_conv_transpose(Lowering& graph, const ConvTranspose2dOp& op, const std::string& layer,
                         const ConvOperandTensors& operands, const Shape& result,
                         const std::function<int(std::string, const Shape&)>& add_value);

}  // namespace octet::quant
