// Means, sums and extremes over dimensions.
#include <algorithm>
#include <numeric>

#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// The dimensions of the file that a reduction runs over.
std::vector<std::size_t> reduced_axes(OpNode& node, std::size_t rank, int last_attribute) {
  const auto given = node.ints_or_input("axes", last_attribute, 1);
  const bool noop = node.integer("noop_with_empty_axes", 0) != 0;
  std::vector<std::size_t> axes;
  if (given) {
    for (const std::int64_t a : *given) axes.push_back(resolve_axis(a, rank));
  }
  if (axes.empty() && !noop) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), std::size_t{0});
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

/// Of `x` with `axes` reduced to an extent of 1: without them unless they are kept.
Value finished(OpNode& node, Value y, const std::vector<std::size_t>& axes) {
  for (const std::size_t a : axes) y.dims[a] = 1;
  if (node.integer("keepdims", 1) != 0) return y;
  Extents dims;
  for (std::size_t d = 0; d < y.rank(); ++d) {
    if (!std::binary_search(axes.begin(), axes.end(), d)) dims.push_back(y.dims[d]);
  }
  return reshape(node.graph, y, dims);
}

/// `last_attribute`: operator sets up to it have the axes as an attribute.
template <class Op>
Value reduced(OpNode& node, int last_attribute, const Value& given) {
  Value x = given;
  const std::vector<std::size_t> axes = reduced_axes(node, x.rank(), last_attribute);
  std::vector<int> own;  // of the node
  for (const std::size_t a : axes) {
    if (x.dims[a] != 1) x = with_axis(node.graph, x, a);
  }
  for (const std::size_t a : axes) {
    if (x.dims[a] != 1) own.push_back(node_axis(x, a));
  }
  if (!own.empty()) {
    std::sort(own.begin(), own.end());
    Shape shape = node.graph.node(x.node).shape;
    const bool whole_image = shape.rank() == 4 && own == std::vector{1, 2};
    for (const int d : own) shape.set(d, 1);
    OpPtr op = std::make_shared<Op>(own, true);
    if (std::is_same_v<Op, MeanOp> && whole_image) op = std::make_shared<GlobalAvgPoolOp>();
    x.node = node.graph.op(std::move(op), {x.node}, shape);
  }
  return finished(node, std::move(x), axes);
}

Value squared(OpNode& node) {
  const Value x = node.activation(0);
  return binary(node.graph, std::make_shared<MulOp>(), x, x);
}

}  // namespace

void import_reduce_mean(OpNode& node) {
  node.set(reduced<MeanOp>(node, 17, node.activation(0)));
}
void import_reduce_sum(OpNode& node) {
  node.set(reduced<SumOp>(node, 12, node.activation(0)));
}
void import_reduce_max(OpNode& node) {
  node.set(reduced<ReduceMaxOp>(node, 17, node.activation(0)));
}
void import_reduce_min(OpNode& node) {
  node.set(reduced<ReduceMinOp>(node, 17, node.activation(0)));
}
void import_reduce_l1(OpNode& node) {
  const Value x = elementwise(node.graph, node.activation(0), std::make_shared<AbsOp>());
  node.set(reduced<SumOp>(node, 17, x));
}
void import_reduce_sum_square(OpNode& node) {
  node.set(reduced<SumOp>(node, 17, squared(node)));
}
void import_reduce_l2(OpNode& node) {
  const Value sum = reduced<SumOp>(node, 17, squared(node));
  node.set(elementwise(node.graph, sum, std::make_shared<SqrtOp>()));
}

}  // namespace octet::onnx
