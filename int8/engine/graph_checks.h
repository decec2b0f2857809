// Checks of a graph as a whole, before any op is looked at.
#pragma once

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Every size in bytes stays below this; so element counts and offsets inside a value fit int64
/// many times over.
inline constexpr std::size_t max_tensor_bytes = std::size_t{1} << 31;
/// Of tensors, as in TFLite files.
inline constexpr std::size_t max_rank = 8;

/// True for a finite scale > 0 of normal range. Constants may also have 0 or a denormal: what they
/// are factors of becomes 0 (a channel that was pruned away).
bool usable_scale(const TensorDef& tensor, float scale) noexcept;

/// Tensors: known type, at most max_rank dimensions, all > 0, size below max_tensor_bytes,
/// constants of exactly that size. Quantization of codes, where there is any: usable scales, zero
/// points in range, counts and axis consistent; what other types say about quantization is not
/// looked at. Graph: indices in range, known ops, each input a constant, a graph input or an
/// earlier op's output, each output written once and never a constant or graph input; graph
/// outputs produced. States: written by nothing else, followed by a
/// value of their type and shape, begun with as many bytes. Throws Error naming op or tensor.
void check_graph(const Graph& graph);

}  // namespace octet::int8
