// Concatenation, of constants too.
#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// The extents that the parts must have but for `axis`: those of the first that is computed.
const Extents& expected_dims(const OpNode& node) {
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!node.input(i).is_constant()) return node.input(i).dims;
  }
  return node.input(0).dims;
}

void check_parts(OpNode& node, std::size_t axis, const Extents& expected) {
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Extents& dims = node.input(i).dims;
    bool fits = dims.size() == expected.size();
    for (std::size_t d = 0; fits && d < dims.size(); ++d) {
      // A constant that is the same for each sample has an extent of 1 for the batch.
      const bool repeats = node.input(i).is_constant() && dims[d] == 1 && expected[d] == open_batch;
      fits = d == axis || dims[d] == expected[d] || repeats;
    }
    OCTET_CHECK(fits, "operand ", i, ": expected ", text(expected), " but for dimension ", axis,
                ", got ", text(dims));
  }
}

Value joined(NetworkBuilder& graph, std::vector<Value> parts, std::size_t axis) {
  for (Value& part : parts) part = with_axis(graph, part, axis);
  Value y = with_all_dims(graph, parts[0]);
  std::vector<int> nodes{y.node};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    nodes.push_back(arrange(graph, parts[i], y.order).node);
    y.dims[axis] += parts[i].dims[axis];
  }
  if (nodes.size() > 1) {
    y.node = graph.op(std::make_shared<ConcatOp>(node_axis(y, axis)), std::move(nodes),
                      node_shape(y.dims, y.order));
  }
  return y;
}

/// Adds `c` to the extents of `y` from `begin` on, which are 0.
void place(const Constant& c, std::size_t axis, std::int64_t begin, const Extents& dims, float* y) {
  const std::int64_t outer = product(dims, 0, axis), inner = product(dims, axis + 1, dims.size());
  const std::int64_t rows = c.dims[axis] * inner;
  for (std::int64_t o = 0; o < outer; ++o) {
    const float* from = c.reals.r() + o * rows;
    std::copy(from, from + rows, y + (o * dims[axis] + begin) * inner);
  }
}

}  // namespace

/// Constants are added to zeros that the values beside them are padded with.
void import_concat(OpNode& node) {
  OCTET_CHECK(node.input_count() > 0, "expected operands");
  const Extents& expected = expected_dims(node);
  const std::size_t axis = resolve_axis(node.integer("axis", 1), expected.size());
  check_parts(node, axis, expected);
  std::vector<Value> parts;
  Extents own(expected.size(), 1);  // of what is added: that of the constants
  std::vector<std::pair<std::int64_t, const Constant*>> constants;
  std::int64_t at = 0, before = 0;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    const Value& x = node.input(i);
    const std::int64_t extent = x.dims[axis];
    if (x.is_constant()) {
      const Constant& c = *node.reals(i, "operand");
      OCTET_CHECK(constants.empty() || Extents(c.dims) == own || c.dims.size() == own.size(),
                  "operand ", i, ": got ", text(c.dims));
      for (std::size_t d = 0; d < own.size(); ++d)
        OCTET_CHECK(d == axis || constants.empty() || c.dims[d] == own[d], "operand ", i,
                    ": expected the extents of the other constants, got ", text(c.dims));
      own = c.dims;
      constants.emplace_back(at, &c);
      if (parts.empty()) {
        before += extent;
      } else {
        parts.back() = padded_axis(node.graph, parts.back(), axis, 0, extent, 0);
      }
    } else {
      parts.push_back(padded_axis(node.graph, node.activation(i), axis, before, 0, 0));
      before = 0;
    }
    at += extent;
  }
  OCTET_CHECK(!parts.empty(), "expected an operand that is computed");
  Value y = joined(node.graph, std::move(parts), axis);
  if (!constants.empty()) {
    own[axis] = at;
    Value sum;
    Tensor t = Tensor::zeros({result_size(own)});
    for (const auto& [begin, c] : constants) place(*c, axis, begin, own, t.r());
    sum.constant = make_reals("", own, std::move(t));
    sum.dims = own;
    y = binary(node.graph, std::make_shared<AddOp>(), y, sum);
  }
  node.set(std::move(y));
}

}  // namespace octet::onnx
