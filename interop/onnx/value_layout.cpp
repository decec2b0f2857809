#include "interop/onnx/value_layout.h"

#include <algorithm>
#include <numeric>

#include "core/ops/layout.h"
#include "core/ops/ops.h"

namespace octet::onnx {
namespace {

/// Dimensions of the node, without the batch, that are more than an extent of 1.
std::vector<int> real_dims(const Extents& dims, const std::vector<int>& order) {
  std::vector<int> real;
  for (std::size_t d = 1; d < order.size(); ++d) {
    if (order[d] >= 0 && dims[static_cast<std::size_t>(order[d])] != 1) real.push_back(order[d]);
  }
  return real;
}

/// With `axis` of the file (-1: none) as the batch's dimension.
Value with_batch_axis(Value v, int axis) {
  if (v.batch_axis() == axis) return v;
  const auto is_one = [&](int d) { return d < 0 || v.dims[static_cast<std::size_t>(d)] == 1; };
  if (!is_one(v.batch_axis()) || !is_one(axis)) {
    throw BatchError(text_of("the batch of ", text(v.dims), " is dimension ", v.batch_axis(),
                             ", expected dimension ", axis));
  }
  for (int& d : v.order) d = d == axis ? -1 : d;
  v.order[0] = axis;
  return v;
}

Shape permuted_shape(const Shape& s, const std::vector<int>& permutation) {
  Shape y = s;
  for (int d = 0; d < s.rank(); ++d) y.set(d, s[permutation[static_cast<std::size_t>(d)]]);
  return y;
}

/// The node's dimensions in the order in which `wanted` has them; those that are 1 as they come.
std::vector<int> permutation_to(const Value& v, const std::vector<int>& wanted) {
  std::vector<int> permutation{0};
  std::vector<bool> used(v.order.size());
  const auto is_one = [&](std::size_t d) {
    return v.order[d] < 0 || v.dims[static_cast<std::size_t>(v.order[d])] == 1;
  };
  const auto take = [&](std::size_t d) {
    used[d] = true;
    permutation.push_back(static_cast<int>(d));
  };
  for (std::size_t w = 1; w < wanted.size(); ++w) {
    const bool one = wanted[w] < 0 || v.dims[static_cast<std::size_t>(wanted[w])] == 1;
    for (std::size_t d = 1; d < v.order.size(); ++d) {
      if (used[d] || (one ? !is_one(d) : v.order[d] != wanted[w])) continue;
      take(d);
      break;
    }
  }
  for (std::size_t d = 1; d < v.order.size(); ++d) {
    if (!used[d]) take(d);
  }
  return permutation;
}

}  // namespace

int reshaped_node(NetworkBuilder& graph, int node, const Shape& shape) {
  if (graph.node(node).shape == shape) return node;
  const auto dims = shape.dims().subspan(1);
  return graph.op(std::make_shared<ReshapeOp>(std::vector<std::int64_t>(dims.begin(), dims.end())),
                  {node}, shape);
}

Shape node_shape(const Extents& dims, const std::vector<int>& order) {
  Extents extents{1};
  for (std::size_t d = 1; d < order.size(); ++d)
    extents.push_back(order[d] < 0 ? 1 : dims[static_cast<std::size_t>(order[d])]);
  return Shape(std::span<const std::int64_t>(extents));
}

Value arrange(NetworkBuilder& graph, const Value& given, const std::vector<int>& order) {
  Value v = with_batch_axis(realized(graph, given), order[0]);
  if (v.order == order) return v;
  const Shape shape = node_shape(v.dims, order);
  std::string key;
  for (const int d : order) key += std::to_string(d) + ",";
  const auto known = graph.rearranged.find({v.node, key});
  int node = v.node;
  if (known != graph.rearranged.end()) {
    node = known->second;
  } else {
    if (real_dims(v.dims, v.order) != real_dims(v.dims, order)) {
      std::vector<int> permutation = permutation_to(v, order);
      const Shape transposed = permuted_shape(graph.node(node).shape, permutation);
      node = graph.op(std::make_shared<TransposeOp>(std::move(permutation)), {node}, transposed);
    }
    node = reshaped_node(graph, node, shape);
    graph.rearranged[{v.node, key}] = node;
  }
  v.node = node;
  v.order = order;
  return v;
}

Value realized(NetworkBuilder& graph, const Value& v) {
  if (!v.flattened) return v;
  const Value source = in_file_order(graph, *v.flattened);
  Value y{v.dims, nullptr, -1, {0, 1}, nullptr};
  y.node = reshaped_node(graph, source.node, node_shape(y.dims, y.order));
  return y;
}

Value without_batch(const Value& v) {
  return with_batch_axis(v, -1);
}

std::vector<int> file_order(std::size_t rank, int batch_axis) {
  std::vector<int> order{batch_axis};
  for (int d = 0; d < static_cast<int>(rank); ++d) {
    if (d != batch_axis) order.push_back(d);
  }
  return order;
}

Value in_file_order(NetworkBuilder& graph, const Value& given) {
  const Value v = realized(graph, given);
  return arrange(graph, v, file_order(v.rank(), v.batch_axis()));
}

Value channels_last(NetworkBuilder& graph, const Value& v, bool image) {
  const int rank = static_cast<int>(v.rank());
  OCTET_CHECK(rank >= 2, "expected [N, C, ...], got ", text(v.dims));
  std::vector<int> order{0};
  if (image && rank == 3) order.push_back(-1);
  if (image && rank == 2) order.insert(order.end(), {-1, -1});
  for (int d = 2; d < rank; ++d) order.push_back(d);
  order.push_back(1);
  return arrange(graph, v, order);
}

int node_axis(const Value& v, std::size_t axis) {
  const auto at = std::find(v.order.begin(), v.order.end(), static_cast<int>(axis));
  return at == v.order.end() ? -1 : static_cast<int>(at - v.order.begin());
}

Value with_all_dims(NetworkBuilder& graph, const Value& given) {
  const Value v = realized(graph, given);
  std::vector<int> order;
  for (const int d : v.order) {
    if (d >= 0 || order.empty()) order.push_back(d);
  }
  for (int d = 0; d < static_cast<int>(v.rank()); ++d) {
    if (std::find(order.begin(), order.end(), d) == order.end()) order.push_back(d);
  }
  return arrange(graph, v, order);
}

Value transpose(const Value& v, const std::vector<std::size_t>& permutation) {
  const std::vector<std::size_t> to = inverse(permutation);
  Value y = v;
  for (std::size_t d = 0; d < v.rank(); ++d) y.dims[d] = v.dims[permutation[d]];
  for (int& d : y.order) d = d < 0 ? -1 : static_cast<int>(to[static_cast<std::size_t>(d)]);
  return y;
}

}  // namespace octet::onnx
