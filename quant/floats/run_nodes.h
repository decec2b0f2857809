// The engine's operators on tensors.
#pragma once

#include <span>

#include "core/context.h"
#include "int8/graph/graph.h"

namespace octet::quant {

/// Computes the float tensor `y` of `graph`, whose first tensors are those of `x`, of as many
/// samples each, with one sample: the engine's bits, at any number of threads.
Tensor run_nodes(Context& ctx, const int8::Graph& graph, std::span<const Tensor> x, int y);

}  // namespace octet::quant
