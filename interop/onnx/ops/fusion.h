// Patterns of several nodes that are one op here. Not for users of the library.
#pragma once

#include <optional>

#include "interop/onnx/ops/node_operands.h"

namespace octet::onnx {

/// x + c where operand `i` is a convolution or matrix product without bias that nobody else reads,
/// and the constant has one value for each channel: its bias.
std::optional<Value> with_bias(OpNode& node, std::size_t i, const ConstantPtr& c, bool negate);
/// x c likewise: the weights (and the bias) times c.
std::optional<Value> with_scaled_weights(OpNode& node, std::size_t i, const ConstantPtr& c,
                                         bool invert);

/// A product of x, 1/2 and 1 + erf or tanh of x as GELU, if it is one.
std::optional<Value> as_gelu(NetworkBuilder& graph, const Value& y);
/// a b as SiLU or hard-swish, if it is one.
std::optional<Value> gated(NetworkBuilder& graph, const Value& a, const Value& b);
/// x c as hard-sigmoid or hard-swish, if it ends one.
std::optional<Value> scaled_gate(NetworkBuilder& graph, const Value& x, float c);

}  // namespace octet::onnx
