// Reshaping a value where it lies, if that can be.
#include <algorithm>
#include <optional>

#include "core/ops/ops.h"
#include "interop/onnx/value_layout.h"

namespace octet::onnx {
namespace {

/// Consecutive dimensions of the old extents that become consecutive ones of the new extents.
struct Group {
  std::vector<int> from, to;
};

/// Appends the groups of from[a, b) and to[c, d), which have equally many elements; extents of 1
/// belong to none.
void append_groups(const Extents& from, std::size_t a, std::size_t b, const Extents& to,
                   std::size_t c, std::size_t d, std::vector<Group>& groups) {
  while (true) {
    while (a < b && from[a] == 1) ++a;
    while (c < d && to[c] == 1) ++c;
    if (a == b || c == d) return;
    Group g{{static_cast<int>(a)}, {static_cast<int>(c)}};
    std::int64_t m = from[a++], n = to[c++];
    while (m != n) {
      if (m < n) {
        if (from[a] != 1) g.from.push_back(static_cast<int>(a));
        m *= from[a++];
      } else {
        if (to[c] != 1) g.to.push_back(static_cast<int>(c));
        n *= to[c++];
      }
    }
    groups.push_back(std::move(g));
  }
}

/// The dimension of `dims` that the batch of `v` is then; none: it would be mixed with others.
std::optional<int> new_batch_axis(const Value& v, const Extents& dims) {
  if (v.batch_axis() < 0) return -1;
  const auto b = static_cast<std::size_t>(v.batch_axis());
  const std::int64_t before = product(v.dims, 0, b);
  const auto fits = [&](std::size_t j) {
    return j < dims.size() && dims[j] == v.dims[b] && product(dims, 0, j) == before;
  };
  if (fits(b)) return static_cast<int>(b);
  for (std::size_t j = 0; j < dims.size(); ++j) {
    if (fits(j)) return static_cast<int>(j);
  }
  return std::nullopt;
}

std::vector<Group> groups_of(const Value& v, const Extents& dims, int batch) {
  std::vector<Group> groups;
  if (batch < 0) {
    append_groups(v.dims, 0, v.rank(), dims, 0, dims.size(), groups);
  } else {
    const auto b = static_cast<std::size_t>(v.batch_axis()), j = static_cast<std::size_t>(batch);
    append_groups(v.dims, 0, b, dims, 0, j, groups);
    append_groups(v.dims, b + 1, v.rank(), dims, j + 1, dims.size(), groups);
  }
  return groups;
}

/// The new order if the elements can stay where they are: each group's old dimensions lie one
/// behind the other.
std::optional<std::vector<int>> order_in_place(const Value& v, const std::vector<Group>& groups,
                                               int batch) {
  std::vector<int> order{batch};
  for (std::size_t d = 1; d < v.order.size();) {
    if (v.order[d] < 0 || v.dims[static_cast<std::size_t>(v.order[d])] == 1) {
      ++d;
      continue;
    }
    const auto g = std::find_if(groups.begin(), groups.end(),
                                [&](const Group& x) { return x.from[0] == v.order[d]; });
    if (g == groups.end()) return std::nullopt;
    for (std::size_t i = 0; i < g->from.size(); ++d) {
      if (d == v.order.size()) return std::nullopt;
      if (v.order[d] >= 0 && v.dims[static_cast<std::size_t>(v.order[d])] == 1) continue;
      if (v.order[d] < 0) continue;
      if (v.order[d] != g->from[i++]) return std::nullopt;
    }
    order.insert(order.end(), g->to.begin(), g->to.end());
  }
  return order;
}

/// If only extents of 1 come and go: the same node. Those that it has stay there.
std::optional<Value> relabeled(const Value& v, const std::vector<Group>& groups,
                               const Extents& dims, int batch) {
  Value y = v;
  y.dims = dims;
  for (int& d : y.order) d = d >= 0 && v.dims[static_cast<std::size_t>(d)] == 1 ? -1 : d;
  std::vector<int> order{batch};
  for (std::size_t d = 1; d < v.order.size(); ++d) {
    int to = -1;
    for (const Group& g : groups) {
      if (g.from.size() != 1 || g.to.size() != 1) return std::nullopt;
      if (y.order[d] == g.from[0]) to = g.to[0];
    }
    order.push_back(to);
  }
  y.order = std::move(order);
  return y;
}

}  // namespace

Value reshape(NetworkBuilder& graph, const Value& given, const Extents& dims) {
  OCTET_CHECK(product(given.dims) == product(dims), "expected ", product(dims), " elements for ",
              text(dims), ", got ", text(given.dims));
  OCTET_CHECK(product(dims) > 0, "expected elements, got ", text(dims));
  if (given.dims == dims) return given;
  Value v = realized(graph, given);
  std::optional<int> batch = new_batch_axis(v, dims);
  if (!batch) {
    const std::int64_t n = v.dims[static_cast<std::size_t>(v.batch_axis())];
    if (n != 1) {
      throw BatchError(text_of("reshapes ", text(v.dims), " to ", text(dims),
                               ", which mixes the samples of a batch"));
    }
    v = without_batch(v);
    batch = -1;
  }
  const std::vector<Group> groups = groups_of(v, dims, *batch);
  if (std::optional<Value> same = relabeled(v, groups, dims, *batch)) return *same;
  std::optional<std::vector<int>> order = order_in_place(v, groups, *batch);
  if (!order && *batch == 0 && dims.size() == 2) {
    return {dims, nullptr, -1, {0, 1}, std::make_shared<const Value>(v)};
  }
  if (!order) {
    v = in_file_order(graph, v);
    order = order_in_place(v, groups, *batch);
  }
  const Shape shape = node_shape(dims, *order);
  const auto extents = shape.dims().subspan(1);
  const int node = graph.op(
      std::make_shared<ReshapeOp>(std::vector<std::int64_t>(extents.begin(), extents.end())),
      {v.node}, shape);
  return {dims, nullptr, node, *order, nullptr};
}

}  // namespace octet::onnx
