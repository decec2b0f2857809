// Where the dimensions of a value lie: rearranging, reshaping, transposing.
#pragma once

#include "interop/onnx/value.h"
#include "layers/graph/network_builder.h"

namespace octet::onnx {

/// The node's elements as a tensor of another shape (of a batch of 1).
int reshaped_node(NetworkBuilder& graph, int node, const Shape& shape);
/// The value with the order given (see Value::order), by as few ops as that takes. `order` lists
/// every dimension whose extent is not 1. Throws BatchError if another dimension than the batch
/// would have to be the node's first.
Value arrange(NetworkBuilder& graph, const Value& v, const std::vector<int>& order);
/// With a node of its own, not merely flattened.
Value realized(NetworkBuilder& graph, const Value& v);
/// [batch, ..., channels] of a value whose dimension 1 is the channels; with `image` as
/// [batch, H, W, channels], of one spatial dimension with H = 1.
Value channels_last(NetworkBuilder& graph, const Value& v, bool image);
/// All dimensions in the file's order, the batch in front.
Value in_file_order(NetworkBuilder& graph, const Value& v);
/// The order of in_file_order.
std::vector<int> file_order(std::size_t rank, int batch_axis);
/// Without a dimension for the batch in the file: its extent must be 1. Throws BatchError.
Value without_batch(const Value& v);

/// `dims` are the new extents, all known. Throws Error if the elements are not as many, BatchError
/// if the batch is mixed with other dimensions.
Value reshape(NetworkBuilder& graph, const Value& v, const Extents& dims);
/// Dimension d of the result is dimension permutation[d] of the value: no op.
Value transpose(const Value& v, const std::vector<std::size_t>& permutation);
/// Which dimension of the node is `axis` of the value; -1: none (its extent is 1).
int node_axis(const Value& v, std::size_t axis);
/// The order of `v`, with every dimension of the file in it. Changes nothing else where it is so.
Value with_all_dims(NetworkBuilder& graph, const Value& v);

}  // namespace octet::onnx
