// Pools, resizing and reductions.
#include <algorithm>

#include "int8/ops/operand_shapes.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

/// A value whose dimensions `axes` have become 1, as output 0 without them.
std::string without_axes(RowWriter& row, const std::string& value,
                         const std::vector<std::size_t>& axes) {
  int8::Dims kept = row.x_shape();
  for (const std::size_t d : axes) kept[d] = 1;
  if (kept == row.y_shape()) return value;
  const Order order = row.values.order(row.x_index());
  return row.as_output(keeps_memory(kept, order) ? value : row.transposed(value, inverse(order)));
}

/// Whether float32 has a factor that takes `in` elements to `out`, however the product is rounded.
bool has_factor(std::int32_t in, std::int32_t out) {
  const float factor = static_cast<float>(out) / static_cast<float>(in);
  return static_cast<double>(factor) * in == out;
}

}  // namespace

void write_pool(RowWriter& row) {
  const int8::PoolGeometry g = int8::pool_geometry_of(row.view);
  const auto a = row.view.attributes<int8::PoolAttributes>();
  const bool whole = g.out_h == 1 && g.out_w == 1 && g.pad_top == 0 && g.pad_left == 0 &&
                     g.filter_h == g.in_h && g.filter_w == g.in_w;
  if (whole && row.view.op() == OpCode::average_pool_2d) {
    row.y(row.clamped(row.add("GlobalAveragePool", {row.x()}), a.activation));
    return;
  }
  const auto after = [](std::int64_t in, std::int64_t out, int filter, int stride, int before) {
    return std::max<std::int64_t>((out - 1) * stride + filter - before - in, 0);
  };
  const OnnxDims pads{g.pad_top, g.pad_left,
                      after(g.in_h, g.out_h, g.filter_h, g.stride_h, g.pad_top),
                      after(g.in_w, g.out_w, g.filter_w, g.stride_w, g.pad_left)};
  const std::string y = row.add(row.onnx_name, {row.x()},
                                {{"kernel_shape", OnnxDims{g.filter_h, g.filter_w}},
                                 {"strides", OnnxDims{g.stride_h, g.stride_w}},
                                 {"pads", pads}});
  row.y(row.clamped(y, a.activation));
}

void write_reduction(RowWriter& row) {
  const std::vector<std::size_t> dims = resolved_axes(row.view.i32_constant(1), row.x_shape());
  OnnxDims axes;
  for (const std::size_t d : dims) axes.push_back(row.x_axis(d));
  std::sort(axes.begin(), axes.end());
  std::string y;
  if (row.view.op() == OpCode::mean && row.x_shape().size() == 4 && axes == OnnxDims{2, 3}) {
    y = row.add("GlobalAveragePool", {row.x()});
  } else if (row.view.op() == OpCode::sum) {
    y = row.add(row.onnx_name, {row.x(), row.integers("axes", axes)}, {{"keepdims", 1}});
  } else {
    y = row.add(row.onnx_name, {row.x()}, {{"axes", axes}, {"keepdims", 1}});
  }
  row.y(without_axes(row, y, dims));
}

void write_arg(RowWriter& row) {
  const std::vector<std::size_t> dims = resolved_axes(row.view.i32_constant(1), row.x_shape());
  std::string y =
      row.add(row.onnx_name, {row.x()}, {{"axis", row.x_axis(dims[0])}, {"keepdims", 1}});
  y = without_axes(row, y, dims);
  const int8::DType type = row.view.output().type;
  row.y(type == int8::DType::i64 ? y : row.add("Cast", {y}, {{"to", onnx_type(type)}}));
}

void write_resize(RowWriter& row) {
  const auto a = row.view.attributes<int8::ResizeAttributes>();
  const int8::Dims &x = row.x_shape(), &y = row.y_shape();
  const bool nearest = row.view.op() == OpCode::resize_nearest_neighbor;
  // TFLite rounds (i + 0.5) * scale down, and ONNX (i + 0.5) * scale - 0.5.
  const bool up = a.align_corners || a.half_pixel_centers;
  AttributeList attributes{
      {"mode", row.onnx_name},
      {"coordinate_transformation_mode", a.align_corners        ? std::string_view("align_corners")
                                         : a.half_pixel_centers ? "half_pixel"
                                                                : "asymmetric"}};
  if (nearest) {
    attributes.push_back({"nearest_mode", std::string_view(up ? "round_prefer_ceil" : "floor")});
  }
  if (has_factor(x[1], y[1]) && has_factor(x[2], y[2])) {
    const float factors[] = {1.0f, 1.0f, static_cast<float>(y[1]) / static_cast<float>(x[1]),
                             static_cast<float>(y[2]) / static_cast<float>(x[2])};
    const std::string scales =
        row.onnx.float32s(row.values.name(row.y_index()) + "_factors", {4}, factors);
    row.y(row.add("Resize", {row.x(), "", scales}, attributes));
    return;
  }
  // The batch and the channels, which stay, and the new size.
  const std::string all = row.add("Shape", {row.x()});
  const std::string kept =
      row.add("Slice", {all, row.integers("from", {0}), row.integers("to", {2})});
  const std::string sizes =
      row.add("Concat", {kept, row.integers("size", {y[1], y[2]})}, {{"axis", 0}});
  row.y(row.add("Resize", {row.x(), "", "", sizes}, attributes));
}

}  // namespace octet::onnx_export
