// Convolutions and their transposes, of images and of rows.
#include "core/kernels/conv/float_conv.h"
#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/node_window.h"
#include "interop/onnx/ops/op_list.h"
#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {
namespace {

/// Weights [A, B, K] or [A, B, KH, KW] as four extents.
Extents image_weights(const Constant& w, std::size_t rank) {
  OCTET_CHECK(w.dims.size() == rank, "weight: expected ", rank, " dimensions, got ", text(w.dims));
  Extents dims = w.dims;
  if (rank == 3) dims.insert(dims.begin() + 2, 1);
  return dims;
}

Shape shape_of(const Extents& dims, const std::vector<std::size_t>& permutation) {
  Extents extents;
  for (const std::size_t d : permutation) extents.push_back(dims[d]);
  return Shape(std::span<const std::int64_t>(extents));
}

/// `axis` of the file's weight is the output channels, of each of `groups`.
int weight_parameter(OpNode& node, const Extents& dims, const std::vector<std::size_t>& permutation,
                     const Shape& shape, const char* use, std::size_t axis, int groups) {
  const ConstantPtr& w = node.reals(1, "weight");
  const int id = node.graph.parameter(w, w->name, use + shape.to_string(), true, [&] {
    Tensor t = Tensor::empty(shape);
    permute_elements(w->reals.r(), dims, permutation, t.r());
    return t;
  });
  note_weight_scales(node.graph, id, *w, axis, groups);
  return id;
}

int extent(std::int64_t n) {
  OCTET_CHECK(n > 0 && n <= (1 << 24), "expected an extent of 1 to 2^24, got ", n);
  return static_cast<int>(n);
}

/// [N, C, H, W] or [N, C, L] from images [N, H, W, C].
Value image_result(const Value& x, int node, std::int64_t h, std::int64_t w, std::int64_t c) {
  if (x.rank() == 3) return {{x.dims[0], c, w}, nullptr, node, {0, -1, 2, 1}, nullptr};
  return {{x.dims[0], c, h, w}, nullptr, node, {0, 2, 3, 1}, nullptr};
}

}  // namespace

void import_conv(OpNode& node) {
  const std::size_t rank = node.input(0).rank();
  OCTET_CHECK(rank == 3 || rank == 4, "expected [N, C, H, W] or [N, C, L], got ",
              text(node.input(0).dims));
  const Extents w = image_weights(*node.reals(1, "weight"), rank);
  const auto group = extent(node.integer("group", 1));
  const Value x = channels_last(node.graph, node.activation(0), true);
  const Shape in = node_shape(x.dims, x.order);
  const Window2d window = window_of(node, {extent(w[2]), extent(w[3])}, in, rank);
  const std::vector<std::size_t> ohwi{0, 2, 3, 1};
  const ConvShape s = conv_shape(in, shape_of(w, ohwi), window, group, "Conv");
  std::vector<int> operands{x.node,
                            weight_parameter(node, w, ohwi, shape_of(w, ohwi), "OHWI", 0, 1)};
  if (node.has(2)) operands.push_back(vector_parameter(node, 2, "bias", s.out_c));
  const int y = node.graph.op(std::make_shared<Conv2dOp>(window, group), std::move(operands),
                              {1, s.out_h, s.out_w, s.out_c});
  node.set(image_result(x, y, s.out_h, s.out_w, s.out_c));
}

void import_conv_transpose(OpNode& node) {
  const std::size_t rank = node.input(0).rank();
  OCTET_CHECK(rank == 3 || rank == 4, "expected [N, C, H, W] or [N, C, L], got ",
              text(node.input(0).dims));
  Extents w = image_weights(*node.reals(1, "weight"), rank);
  const int group = extent(node.integer("group", 1));
  const Value x = channels_last(node.graph, node.activation(0), true);
  const Shape in = node_shape(x.dims, x.order);
  const TransposedWindow t = transposed_window_of(node, {extent(w[2]), extent(w[3])}, in, rank);
  OCTET_CHECK(w[0] % group == 0, "weight: expected a multiple of ", group, " input channels, got ",
              text(w));
  // [groups, C / groups, O / groups, KH, KW] to [groups, O / groups, KH, KW, C / groups]
  const Shape shape{w[1] * group, w[2], w[3], w[0] / group};
  w = {group, w[0] / group, w[1], w[2], w[3]};
  const ConvTranspose2dOp op(t.window, t.extra_h, t.extra_w, group);
  const ConvShape s = conv_transpose_shape(in, shape, op, "ConvTranspose");
  const int weight =
      weight_parameter(node, w, {0, 2, 3, 4, 1}, shape, "OHWI of a transpose", 1, group);
  std::vector<int> operands{x.node, weight};
  if (node.has(2)) operands.push_back(vector_parameter(node, 2, "bias", s.in_c));
  const int y = node.graph.op(std::make_shared<ConvTranspose2dOp>(op), std::move(operands),
                              {1, s.in_h, s.in_w, s.in_c});
  node.set(image_result(x, y, s.in_h, s.in_w, s.in_c));
}

}  // namespace octet::onnx
