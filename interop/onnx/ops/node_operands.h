// What the imported operators share. Not for users of the library.
#pragma once

#include "interop/onnx/op_node.h"
#include "interop/onnx/value_layout.h"

namespace octet::onnx {

/// With extents of 1 in front, as broadcasting sees it.
Value with_rank(Value v, std::size_t rank);
/// An op on one value that leaves its shape as it is; through a flattening, on what was flattened.
Value elementwise(NetworkBuilder& graph, const Value& x, const OpPtr& op);
/// Nodes of two operands that broadcast against each other as theirs do, and the result's place.
struct Aligned {
  int a, b;
  Extents dims;
  std::vector<int> order;
};
/// At most one of them is a constant.
Aligned aligned(NetworkBuilder& graph, const Value& a, const Value& b);
/// The node of a value as arrange() has it; a constant of extents `dims`, which may be of fewer
/// dimensions, as one.
int operand_in_order(NetworkBuilder& graph, const Value& v, const Extents& dims,
                     const std::vector<int>& order);
/// An op on two operands with broadcasting.
Value binary(NetworkBuilder& graph, const OpPtr& op, const Value& a, const Value& b);
/// With a constant for all elements.
Value with_scalar(NetworkBuilder& graph, const OpPtr& op, const Value& x, float scalar);

/// The one value of all elements of a constant, if there is one.
std::optional<float> uniform_value(const Constant& c);
/// The same of a node of the graph, if it is a constant.
std::optional<float> uniform_value(const NetworkBuilder& graph, int node);

/// A parameter that is the list of a constant's elements.
int vector_parameter(OpNode& node, std::size_t i, std::string_view what, std::int64_t size);

/// [..., K] with the last dimension of the file last, the batch in front. Throws BatchError if that
/// is the batch's.
Value rows_of(NetworkBuilder& graph, const Value& v);

/// The value with the batch in front and `axis` (not negative) a dimension of the node other than
/// the batch. Throws BatchError.
Value with_axis(NetworkBuilder& graph, const Value& v, std::size_t axis);

/// `value` in front of and behind an axis, as often as said.
Value padded_axis(NetworkBuilder& graph, const Value& v, std::size_t axis, std::int64_t before,
                  std::int64_t after, float value);

/// Elements begin, begin + step, ... of an axis, below end (see SliceOp).
Value sliced(NetworkBuilder& graph, const Value& v, std::size_t axis, std::int64_t begin,
             std::int64_t end, std::int64_t step);

}  // namespace octet::onnx
