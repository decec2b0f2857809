// Pools and reductions.
#include <algorithm>

#include "int8/ops/operand_shapes.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

std::string reduction_name(OpCode op) {
  switch (op) {
    case OpCode::sum:
      return "ReduceSum";
    case OpCode::reduce_max:
      return "ReduceMax";
    case OpCode::reduce_min:
      return "ReduceMin";
    default:
      return "ReduceMean";
  }
}

}  // namespace

void write_pool(RowWriter& row) {
  const int8::PoolGeometry g = int8::pool_geometry_of(row.view);
  const auto a = row.view.attributes<int8::PoolAttributes>();
  const bool average = row.view.op() == OpCode::average_pool_2d;
  const bool global = g.out_h == 1 && g.out_w == 1 && g.pad_top == 0 && g.pad_left == 0 &&
                      g.filter_h == g.in_h && g.filter_w == g.in_w;
  if (average && global) {
    row.y(row.clamped(row.add("GlobalAveragePool", {row.x()}), a.activation));
    return;
  }
  const auto after = [](std::int64_t in, std::int64_t out, int filter, int stride, int before) {
    return std::max<std::int64_t>((out - 1) * stride + filter - before - in, 0);
  };
  const OnnxDims pads{g.pad_top, g.pad_left,
                      after(g.in_h, g.out_h, g.filter_h, g.stride_h, g.pad_top),
                      after(g.in_w, g.out_w, g.filter_w, g.stride_w, g.pad_left)};
  const std::string y = row.add(average ? "AveragePool" : "MaxPool", {row.x()},
                                {{"kernel_shape", OnnxDims{g.filter_h, g.filter_w}},
                                 {"strides", OnnxDims{g.stride_h, g.stride_w}},
                                 {"pads", pads}});
  row.y(row.clamped(y, a.activation));
}

void write_reduction(RowWriter& row) {
  const int t = row.x_index();
  const int8::Dims& shape = row.view.input(0).shape;
  std::vector<bool> reduced(shape.size(), false);
  for (const std::int32_t axis : row.view.i32_constant(1)) {
    reduced[int8::resolve_axis(axis, shape)] = true;
  }
  int8::Dims kept = shape;
  OnnxDims axes;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!reduced[d]) continue;
    kept[d] = 1;
    axes.push_back(file_axis(row.values.layout(t), d));
  }
  std::sort(axes.begin(), axes.end());
  const OpCode op = row.view.op();
  const bool global =
      op == OpCode::mean && row.values.layout(t) == Layout::image && axes == OnnxDims{2, 3};
  std::string y;
  if (global) {
    y = row.add("GlobalAveragePool", {row.x()});
  } else if (op == OpCode::sum) {
    y = row.add("ReduceSum", {row.x(), row.integers("axes", axes)}, {{"keepdims", 1}});
  } else {
    y = row.add(reduction_name(op), {row.x()}, {{"axes", axes}, {"keepdims", 1}});
  }
  if (kept == row.y_shape()) return row.y(y);
  y = row.values.requantized(y, row.y_index());
  // The dimensions of size 1 go; the others are put into the graph's order first.
  const Order order = row.values.order(t);
  if (!keeps_memory(kept, order)) y = row.transposed(y, inverse(order), row.y_index());
  row.y(row.as_output(y, row.y_index()));
}

}  // namespace octet::onnx_export
