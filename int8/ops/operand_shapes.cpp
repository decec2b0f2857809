#include "int8/ops/operand_shapes.h"

#include <algorithm>

#include "base/error.h"
#include "int8/reference/spatial.h"

namespace octet::int8 {

ConvGeometry conv_geometry_of(const NodeView& node, bool depthwise) {
  node.expect_operands(2, 3);
  const auto a = node.attributes<ConvAttributes>();
  const TensorDef& x = node.tensor(node.data_input());
  const TensorDef& w = node.input(1);
  node.expect_rank(x, 4);
  node.expect_rank(w, 4);
  const FusedPads& pads = node.fused_pads;
  const Extent h = spatial_extent(
      {x.shape[1], w.shape[1], a.stride_h, a.dilation_h, a.padding, pads.top, pads.bottom},
      "height");
  const Extent v = spatial_extent(
      {x.shape[2], w.shape[2], a.stride_w, a.dilation_w, a.padding, pads.left, pads.right},
      "width");
  const int in_c = x.shape[3];
  const int out_c = depthwise ? w.shape[3] : w.shape[0];
  int groups = in_c;
  if (depthwise) {
    // The attribute repeats what the shapes say; some writers leave it 0.
    const int multiplier = a.depth_multiplier == 0 ? out_c / in_c : a.depth_multiplier;
    OCTET_CHECK(w.shape[0] == 1 && multiplier >= 1 && out_c == std::int64_t{in_c} * multiplier,
                quoted(w), ": expected shape [1,h,w,", in_c, "*", multiplier, "], got ",
                to_string(w.shape));
  } else {
    OCTET_CHECK(in_c % w.shape[3] == 0, quoted(w), ": expected input channels dividing ", in_c,
                ", got shape ", to_string(w.shape));
    groups = in_c / w.shape[3];
    OCTET_CHECK(out_c % groups == 0, quoted(w), ": expected output channels divisible by ", groups,
                " groups, got shape ", to_string(w.shape));
  }
  node.expect_output_shape({x.shape[0], h.out, v.out, out_c});

  return {.in_h = x.shape[1],
          .in_w = x.shape[2],
          .in_c = in_c,
          .out_h = h.out,
          .out_w = v.out,
          .out_c = out_c,
          .kernel_h = w.shape[1],
          .kernel_w = w.shape[2],
          .stride_h = a.stride_h,
          .stride_w = a.stride_w,
          .dilation_h = a.dilation_h,
          .dilation_w = a.dilation_w,
          .pad_top = h.pad_before,
          .pad_left = v.pad_before,
          .groups = groups};
}

FullyConnectedShape fully_connected_shape_of(const NodeView& node) {
  node.expect_operands(2, 3);
  const TensorDef& x = node.input(0);
  const TensorDef& w = node.input(1);
  node.expect_rank(w, 2);
  const std::int32_t out = w.shape[0], in = w.shape[1];
  const std::int64_t elements = element_count(x.shape);
  OCTET_CHECK(elements % in == 0, quoted(x), ": expected a multiple of ", in,
              " elements, got shape ", to_string(x.shape));
  const std::int64_t rows = elements / in;
  if (node.attributes<FullyConnectedAttributes>().keep_num_dims) {
    OCTET_CHECK(!x.shape.empty() && x.shape.back() == in, quoted(x),
                ": expected a last dimension of ", in, ", got shape ", to_string(x.shape));
    Dims shape = x.shape;
    shape.back() = out;
    node.expect_output_shape(shape);
  } else {
    node.expect_output_shape({static_cast<std::int32_t>(rows), out});
  }
  return {rows, in, out};
}

TransposeConvShape transpose_conv_shape_of(const NodeView& node) {
  node.expect_operands(3, 4);
  const auto a = node.attributes<TransposeConvAttributes>();
  const std::vector<std::int32_t> shape = node.i32_constant(0);
  const TensorDef& w = node.input(1);
  const TensorDef& x = node.input(2);
  node.expect_rank(w, 4);
  node.expect_rank(x, 4);
  OCTET_CHECK(shape.size() == 4 && shape[0] == x.shape[0] && shape[3] == w.shape[0],
              quoted(node.input(0)), ": expected output shape [", x.shape[0], ",h,w,", w.shape[0],
              "], got ", to_string(shape));
  OCTET_CHECK(w.shape[3] == x.shape[3], quoted(w), ": expected ", x.shape[3],
              " input channels, got shape ", to_string(w.shape));
  // The forward convolution whose image is this op's output must give this op's input.
  const Extent h = spatial_extent({shape[1], w.shape[1], a.stride_h, 1, a.padding}, "height");
  const Extent v = spatial_extent({shape[2], w.shape[2], a.stride_w, 1, a.padding}, "width");
  OCTET_CHECK(h.out == x.shape[1] && v.out == x.shape[2], quoted(x), ": expected ", h.out, "x",
              v.out, " pixels for output shape ", to_string(shape), ", got ", to_string(x.shape));
  node.expect_output_shape(shape);
  return {shape, h.pad_before, v.pad_before};
}

PoolGeometry pool_geometry_of(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.tensor(node.data_input());
  const FusedPads& pads = node.fused_pads;
  node.expect_rank(x, 4);
  const auto a = node.attributes<PoolAttributes>();
  const Extent h = spatial_extent(
      {x.shape[1], a.filter_h, a.stride_h, 1, a.padding, pads.top, pads.bottom}, "height");
  const Extent w = spatial_extent(
      {x.shape[2], a.filter_w, a.stride_w, 1, a.padding, pads.left, pads.right}, "width");
  node.expect_output_shape({x.shape[0], h.out, w.out, x.shape[3]});
  return {.in_h = x.shape[1],
          .in_w = x.shape[2],
          .channels = x.shape[3],
          .out_h = h.out,
          .out_w = w.out,
          .filter_h = a.filter_h,
          .filter_w = a.filter_w,
          .stride_h = a.stride_h,
          .stride_w = a.stride_w,
          .pad_top = h.pad_before,
          .pad_left = w.pad_before};
}

namespace {

/// Of all results, the first elements of the matrices of a factor with these dimensions in front.
std::vector<std::int64_t> matrix_offsets(const Dims& results, const Dims& own,
                                         std::int64_t matrix) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(element_count(results)), 0);
  std::int64_t inner = 1, stride = matrix;
  for (std::size_t d = results.size(); d-- > 0; inner *= results[d]) {
    const std::size_t added = results.size() - own.size();
    if (d < added || own[d - added] == 1) continue;
    for (std::size_t r = 0; r < offsets.size(); ++r) {
      offsets[r] += static_cast<std::int64_t>(r) / inner % results[d] * stride;
    }
    stride *= own[d - added];
  }
  return offsets;
}

}  // namespace

MatMulShape matmul_shape_of(const NodeView& node) {
  node.expect_operands(2, 2);
  const auto attributes = node.attributes<BatchMatMulAttributes>();
  const bool transposed[] = {attributes.adj_x, !attributes.adj_y};  // k is not the last dimension
  MatMulShape result;
  Dims fronts[2];
  std::int64_t rows[2], depths[2];
  for (int i = 0; i < 2; ++i) {
    const TensorDef& x = node.input(i);
    OCTET_CHECK(x.shape.size() >= 2, quoted(x), ": expected at least 2 dimensions, got shape ",
                to_string(x.shape));
    fronts[i] = {x.shape.begin(), x.shape.end() - 2};
    const std::int64_t height = x.shape.end()[-2], width = x.shape.end()[-1];
    rows[i] = transposed[i] ? width : height;
    depths[i] = transposed[i] ? height : width;
    result.factors[i].row = transposed[i] ? 1 : width;
    result.factors[i].step = transposed[i] ? width : 1;
  }
  OCTET_CHECK(depths[0] == depths[1], quoted(node.input(1)), ": expected matrices of ", depths[0],
              " rows for ", to_string(node.input(0).shape), ", got shape ",
              to_string(node.input(1).shape));
  Dims results(std::max(fronts[0].size(), fronts[1].size()), 1);
  for (const Dims& front : fronts) {
    for (std::size_t d = 0; d < front.size(); ++d) {
      std::int32_t& size = results[results.size() - front.size() + d];
      OCTET_CHECK(size == 1 || front[d] == 1 || front[d] == size, quoted(node.input(1)),
                  ": expected a shape that broadcasts with ", to_string(node.input(0).shape),
                  ", got ", to_string(node.input(1).shape));
      size = std::max(size, front[d]);
    }
  }
  Dims shape = results;
  shape.push_back(static_cast<std::int32_t>(rows[0]));
  shape.push_back(static_cast<std::int32_t>(rows[1]));
  node.expect_output_shape(shape);
  OCTET_CHECK(element_count(results) <= 1 << 22, "expected at most 2^22 products, got ",
              element_count(results));
  result.m = rows[0];
  result.n = rows[1];
  result.depth = depths[0];
  for (int i = 0; i < 2; ++i) {
    result.factors[i].offsets = matrix_offsets(results, fronts[i], rows[i] * depths[i]);
  }
  return result;
}

}  // namespace octet::int8
