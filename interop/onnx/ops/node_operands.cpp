#include "interop/onnx/ops/node_operands.h"

#include <algorithm>

#include "core/ops/ops.h"
#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {
namespace {

std::size_t real_count(const Value& v) {
  return static_cast<std::size_t>(
      std::count_if(v.dims.begin(), v.dims.end(), [](std::int64_t d) { return d != 1; }));
}

/// Every dimension of `dims` that is not 1 is one of the node's.
bool lists_all(const Value& v, const Extents& dims) {
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] != 1 && node_axis(v, d) < 0) return false;
  }
  return true;
}

Value with_order_of(NetworkBuilder& graph, const Value& v, const Extents& dims) {
  return lists_all(v, dims) ? v : with_all_dims(graph, v);
}

/// A constant [dims of the rank of `order`] as an operand beside a value of that order.
int constant_operand(NetworkBuilder& graph, const Constant& c, const Extents& dims,
                     const std::vector<int>& order) {
  if (order[0] >= 0 && dims[static_cast<std::size_t>(order[0])] != 1)
    throw BatchError(text_of("a constant ", text(dims), " has values for each sample of a batch"));
  // Extents of 1 that the node does not have, then its dimensions.
  std::vector<std::size_t> permutation;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (std::find(order.begin(), order.end(), static_cast<int>(d)) == order.end())
      permutation.push_back(d);
  }
  Extents extents;
  for (const int d : order) {
    if (d >= 0) permutation.push_back(static_cast<std::size_t>(d));
    const std::int64_t extent = d < 0 ? 1 : dims[static_cast<std::size_t>(d)];
    if (!extents.empty() || extent != 1) extents.push_back(extent);
  }
  if (extents.empty()) extents.push_back(1);
  Tensor t = Tensor::empty(Shape(std::span<const std::int64_t>(extents)));
  permute_elements(c.reals.r(), dims, permutation, t.r());
  const int id = graph.constant(std::move(t));
  note_constant(graph, id, c);
  return id;
}

}  // namespace

Value with_rank(Value v, std::size_t rank) {
  const int more = static_cast<int>(rank - v.rank());
  v.dims.insert(v.dims.begin(), static_cast<std::size_t>(more), 1);
  for (int& d : v.order) d = d < 0 ? -1 : d + more;
  return v;
}

Value elementwise(NetworkBuilder& graph, const Value& x, const OpPtr& op) {
  Value y = x;
  if (x.flattened) {
    y.flattened = std::make_shared<const Value>(elementwise(graph, *x.flattened, op));
    return y;
  }
  y.node = graph.op(op, {x.node}, graph.node(x.node).shape);
  return y;
}

Aligned aligned(NetworkBuilder& graph, const Value& first, const Value& second) {
  OCTET_CHECK(!first.is_constant() || !second.is_constant(),
              "expected an operand that is computed");
  const Extents dims = broadcast(first.dims, second.dims);
  const std::size_t rank = dims.size();
  if (second.is_constant() || first.is_constant()) {
    const bool swap = first.is_constant();
    const Value& c = swap ? second : first;
    const Constant& constant = *(swap ? first : second).constant;
    OCTET_CHECK(constant.real, "expected reals, got integers ", text(constant.dims));
    const Value x = with_order_of(graph, with_rank(realized(graph, c), rank), dims);
    Extents extents = constant.dims;
    extents.insert(extents.begin(), rank - extents.size(), 1);
    const int operand = constant_operand(graph, constant, extents, x.order);
    return {swap ? operand : x.node, swap ? x.node : operand, dims, x.order};
  }
  Value a = with_rank(realized(graph, first), rank), b = with_rank(realized(graph, second), rank);
  if (real_count(a) < real_count(b)) {
    b = with_order_of(graph, b, dims);
    a = arrange(graph, a, b.order);
  } else {
    a = with_order_of(graph, a, dims);
    b = arrange(graph, b, a.order);
  }
  return {a.node, b.node, dims, a.order};
}

int operand_in_order(NetworkBuilder& graph, const Value& v, const Extents& dims,
                     const std::vector<int>& order) {
  if (!v.is_constant()) return arrange(graph, v, order).node;
  OCTET_CHECK(v.constant->real, "expected reals, got integers ", text(dims));
  std::size_t rank = 0;
  for (const int d : order) rank += d >= 0;
  Extents extents = dims;
  extents.insert(extents.begin(), rank - extents.size(), 1);
  const int id = constant_operand(graph, *v.constant, extents, order);
  return id;
}

Value binary(NetworkBuilder& graph, const OpPtr& op, const Value& a, const Value& b) {
  Aligned x = aligned(graph, a, b);
  const int node = graph.op(op, {x.a, x.b}, node_shape(x.dims, x.order));
  return {std::move(x.dims), nullptr, node, std::move(x.order), nullptr};
}

Value with_scalar(NetworkBuilder& graph, const OpPtr& op, const Value& given, float scalar) {
  Value y = realized(graph, given);
  y.node =
      graph.op(op, {y.node, graph.constant(Tensor::full({1}, scalar))}, graph.node(y.node).shape);
  return y;
}

std::optional<float> uniform_value(const Constant& c) {
  if (!c.real || c.size() == 0) return std::nullopt;
  const float* x = c.reals.r();
  const bool same = std::all_of(x, x + c.size(), [&](float v) { return v == x[0]; });
  return same ? std::optional(x[0]) : std::nullopt;
}

std::optional<float> uniform_value(const NetworkBuilder& graph, int id) {
  const GraphNode& n = graph.node(id);
  if (n.kind != Tape::Kind::constant || n.constant.numel() != 1) return std::nullopt;
  return n.constant.item();
}

int vector_parameter(OpNode& node, std::size_t i, std::string_view what, std::int64_t size) {
  const ConstantPtr& c = node.reals(i, what);
  OCTET_CHECK(c->size() == size, what, ": expected ", size, " elements, got ", text(c->dims));
  return node.graph.parameter(c, c->name, "vector", false, [&] { return c->reals.clone(); });
}

Value rows_of(NetworkBuilder& graph, const Value& given) {
  Value v = in_file_order(graph, given);
  const auto last = v.rank() - 1;
  if (v.order.size() > 1 && v.order.back() == static_cast<int>(last)) return v;
  return in_file_order(graph, without_batch(v));
}

Value with_axis(NetworkBuilder& graph, const Value& given, std::size_t axis) {
  Value v = realized(graph, given);
  if (v.batch_axis() == static_cast<int>(axis)) v = without_batch(v);
  return node_axis(v, axis) > 0 ? v : with_all_dims(graph, v);
}

Value sliced(NetworkBuilder& graph, const Value& given, std::size_t axis, std::int64_t begin,
             std::int64_t end, std::int64_t step) {
  if (begin == 0 && step == 1 && end == given.dims[axis]) return given;
  Value v = with_axis(graph, given, axis);
  const int at = node_axis(v, axis);
  auto op = std::make_shared<SliceOp>(at, begin, end, step);
  v.dims[axis] = op->count();
  v.node = graph.op(std::move(op), {v.node}, node_shape(v.dims, v.order));
  return v;
}

}  // namespace octet::onnx
