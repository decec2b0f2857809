// Padding and resampling.
#include <algorithm>
#include <cmath>

#include "core/ops/ops.h"
#include "core/ops/resize_taps.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {

// As rows of an image: Pad2dOp has an integer form.
Value padded_axis(NetworkBuilder& graph, const Value& given, std::size_t at, std::int64_t before,
                  std::int64_t after, float value) {
  if (before + after == 0) return given;
  OCTET_CHECK(before + after < (1 << 24), "pads: got ", before, " and ", after);
  Value v = with_axis(graph, given, at);
  const int axis = node_axis(v, at);
  const Shape shape = graph.node(v.node).shape;
  std::int64_t outer = 1, inner = 1;
  for (int d = 1; d < axis; ++d) outer *= shape[d];
  for (int d = axis + 1; d < shape.rank(); ++d) inner *= shape[d];
  const std::int64_t extent = shape[axis] + before + after;
  const Padding2d pads{0, 0, static_cast<int>(before), static_cast<int>(after), false};
  const int rows = reshaped_node(graph, v.node, {1, outer, shape[axis], inner});
  const int padded =
      graph.op(std::make_shared<Pad2dOp>(pads, value), {rows}, {1, outer, extent, inner});
  v.dims[at] = extent;
  v.node = reshaped_node(graph, padded, node_shape(v.dims, v.order));
  return v;
}

namespace {

struct Pads {
  std::vector<std::int64_t> list;
  float value = 0;
};

Pads pads_of(OpNode& node, std::size_t rank) {
  Pads p;
  if (node.opset() < 11) {
    p.list = node.ints("pads");
    p.value = node.number("value", 0);
  } else {
    p.list = int_list(*node.constant(1, "pads"));
    if (node.has(2)) p.value = static_cast<float>(node.constant(2, "value")->at(0));
  }
  if (node.has(3)) {
    const std::vector<std::int64_t>& axes = int_list(*node.constant(3, "axes"));
    OCTET_CHECK(p.list.size() == 2 * axes.size(), "pads: expected ", 2 * axes.size(),
                " numbers, got ", p.list.size());
    std::vector<std::int64_t> all(2 * rank, 0);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t d = resolve_axis(axes[i], rank);
      all[d] = p.list[i];
      all[d + rank] = p.list[i + axes.size()];
    }
    p.list = std::move(all);
  }
  OCTET_CHECK(p.list.size() == 2 * rank, "pads: expected ", 2 * rank, " numbers, got ",
              p.list.size());
  for (const std::int64_t n : p.list) OCTET_CHECK(n > -(1 << 24) && n < (1 << 24), "pads: got ", n);
  return p;
}

PadMode pad_mode(const std::string& name) {
  if (name == "constant") return PadMode::constant;
  if (name == "reflect") return PadMode::reflect;
  if (name == "edge") return PadMode::edge;
  OCTET_CHECK(name == "wrap", "mode: '", one_line(name), "' is not known");
  return PadMode::wrap;
}

/// Pads that are not of one value.
Value repeated_edges(NetworkBuilder& graph, const Value& given,
                     const std::vector<std::int64_t>& pads, PadMode mode) {
  Value x = with_all_dims(graph, given);
  const auto b = static_cast<std::size_t>(x.batch_axis());
  if (x.batch_axis() >= 0 && (pads[b] > 0 || pads[b + x.rank()] > 0))
    x = with_all_dims(graph, without_batch(x));
  std::vector<std::int64_t> before{0}, after{0};
  for (std::size_t d = 1; d < x.order.size(); ++d) {
    const auto at = static_cast<std::size_t>(x.order[d]);
    before.push_back(std::max<std::int64_t>(pads[at], 0));
    after.push_back(std::max<std::int64_t>(pads[at + x.rank()], 0));
    x.dims[at] += before.back() + after.back();
  }
  auto op = std::make_shared<PadOp>(std::move(before), std::move(after), mode, real(0));
  op->result(graph.node(x.node).shape);  // checked
  x.node = graph.op(std::move(op), {x.node}, node_shape(x.dims, x.order));
  return x;
}

}  // namespace

void import_pad(OpNode& node) {
  const PadMode mode = pad_mode(node.string("mode", "constant"));
  Value x = node.activation(0);
  const std::size_t rank = x.rank();
  const Pads pads = pads_of(node, rank);
  const auto at = [&](std::size_t i) { return static_cast<int>(pads.list[i]); };
  for (std::size_t d = 0; d < rank; ++d) {  // negative pads cut off
    const std::int64_t front = std::max(-at(d), 0), back = std::max(-at(d + rank), 0);
    if (front + back == 0) continue;
    OCTET_CHECK(front + back < x.dims[d], "pads: nothing is left of dimension ", d);
    x = sliced(node.graph, x, d, front, x.dims[d] - back, 1);
  }
  if (mode != PadMode::constant) {
    node.set(repeated_edges(node.graph, x, pads.list, mode));
    return;
  }
  const bool image = rank == 4 && at(0) == 0 && at(4) == 0 && at(1) <= 0 && at(5) <= 0 &&
                     x.order == std::vector{0, 2, 3, 1};
  if (image) {
    const Padding2d p{std::max(at(2), 0), std::max(at(6), 0), std::max(at(3), 0),
                      std::max(at(7), 0), false};
    if (p == Padding2d{}) {
      node.set(std::move(x));
      return;
    }
    x.dims[2] += p.top + p.bottom;
    x.dims[3] += p.left + p.right;
    x.node = node.graph.op(std::make_shared<Pad2dOp>(p, pads.value), {x.node},
                           node_shape(x.dims, x.order));
    node.set(std::move(x));
    return;
  }
  for (std::size_t d = 0; d < rank; ++d)
    x = padded_axis(node.graph, x, d, std::max(at(d), 0), std::max(at(d + rank), 0), pads.value);
  node.set(std::move(x));
}

}  // namespace octet::onnx
