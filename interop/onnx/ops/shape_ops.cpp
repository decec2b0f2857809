// Operators that change shapes and move elements.
#include <algorithm>
#include <limits>
#include <numeric>

#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/node_shapes.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {

void import_identity(OpNode& node) {
  node.set(node.input(0));
}

void import_cast(OpNode& node) {
  const std::int64_t to = node.integer("to", 0);
  using Type = proto::TensorProto;
  OCTET_CHECK(
      to == Type::FLOAT || to == Type::DOUBLE || to == Type::FLOAT16 || to == Type::BFLOAT16,
      "to: expected a float type, got ", to);
  node.ignore({"saturate", "round_mode"});
  node.set(node.input(0));
}

void import_reshape(OpNode& node) {
  const Extents dims = reshaped_dims(node.input(0).dims, int_list(*node.constant(1, "shape")),
                                     node.integer("allowzero", 0) != 0);
  node.set(reshape(node.graph, node.input(0), dims));
}

void import_flatten(OpNode& node) {
  const Extents& x = node.input(0).dims;
  node.set(reshape(node.graph, node.input(0), flattened_dims(x, node.integer("axis", 1))));
}

void import_squeeze(OpNode& node) {
  node.set(reshape(node.graph, node.input(0),
                   squeezed_dims(node.input(0).dims, node.ints_or_input("axes", 12, 1))));
}

void import_unsqueeze(OpNode& node) {
  const auto axes = node.ints_or_input("axes", 12, 1);
  OCTET_CHECK(axes, "axes: expected some");
  node.set(reshape(node.graph, node.input(0), unsqueezed_dims(node.input(0).dims, *axes)));
}

void import_transpose(OpNode& node) {
  const Value x = node.activation(0);
  node.set(transpose(x, permutation_of(node.ints("perm"), x.rank())));
}

void import_split(OpNode& node) {
  const Value x = node.activation(0);
  const std::size_t axis = resolve_axis(node.integer("axis", 0), x.rank());
  const std::int64_t extent = x.dims[axis];
  const auto parts = split_sizes(extent, node.ints_or_input("split", 12, 1),
                                 node.integer("num_outputs", 0), node.output_count());
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (node.wants(i)) node.set(i, sliced(node.graph, x, axis, begin, begin + parts[i], 1));
    begin += parts[i];
  }
}

void import_slice(OpNode& node) {
  Value x = node.activation(0);
  for (const SliceRange& r : slice_ranges(node, x.dims)) {
    OCTET_CHECK(r.count() > 0, "nothing is left of dimension ", r.axis);
    x = sliced(node.graph, x, r.axis, r.begin, r.end, r.step);
  }
  node.set(std::move(x));
}

void import_gather(OpNode& node) {
  const Constant& indices = *node.constant(1, "indices");
  const Value x = node.activation(0);
  const std::size_t axis = resolve_axis(node.integer("axis", 0), x.rank());
  OCTET_CHECK(!indices.real && indices.size() > 0 && indices.size() <= 1024,
              "indices: expected 1 to 1024 integers, got ", text(indices.dims));
  std::vector<Value> parts;
  for (std::int64_t i : indices.ints) {
    if (i < 0) i += x.dims[axis];
    OCTET_CHECK(i >= 0 && i < x.dims[axis], "indices: expected below ", x.dims[axis], ", got ", i);
    parts.push_back(sliced(node.graph, x, axis, i, i + 1, 1));
  }
  Value y = parts[0];
  if (parts.size() > 1) {
    y = with_axis(node.graph, y, axis);
    std::vector<int> nodes;
    for (const Value& p : parts) nodes.push_back(arrange(node.graph, p, y.order).node);
    y.dims[axis] = static_cast<std::int64_t>(parts.size());
    y.node = node.graph.op(std::make_shared<ConcatOp>(node_axis(y, axis)), std::move(nodes),
                           node_shape(y.dims, y.order));
  }
  Extents dims = y.dims;
  const auto at = dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(at, indices.dims.begin(), indices.dims.end());
  node.set(reshape(node.graph, y, dims));
}

}  // namespace octet::onnx
