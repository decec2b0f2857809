// Where the params of values and weights are noted. Not for users of the library.
#pragma once

#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// The value behind a quantizer and a dequantizer: the same, noted to have `params`. A quantizer
/// whose lowest code is its zero point clamps at 0: unless the value is known not to be negative,
/// ReLU (or ReLU6 where 6 is the end of its range) is put behind it, as producers leave it out. A
/// value that has other params already has an identity behind it. Of an input of codes (`of_codes`)
/// other params are an Error.
Value with_params(NetworkBuilder& graph, const Value& v, const StoredQuantization::Value& params,
                  bool of_codes = false);

/// Notes the scales of a parameter [O, ...] that is made from `c`, whose dimension `axis` is the
/// output channels', or `repeats` times that; nothing where they are no symmetric int8's for each
/// of these. `factor`: of the weights.
void note_weight_scales(NetworkBuilder& graph, int parameter, const Constant& c, std::size_t axis,
                        std::int64_t repeats = 1, float factor = 1);
/// Notes the params of a constant operand with one scale.
void note_constant(NetworkBuilder& graph, int constant, const Constant& c);

}  // namespace octet::onnx
