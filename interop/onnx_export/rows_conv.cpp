// Convolutions and matrix products.
#include <algorithm>

#include "int8/ops/operand_shapes.h"
#include "interop/onnx_export/find_layouts.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

/// How far windows reach behind the end of a dimension.
std::int64_t pad_after(std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                       int before) {
  const std::int64_t reach = (out - 1) * stride + std::int64_t{kernel - 1} * dilation + 1;
  return std::max<std::int64_t>(reach - before - in, 0);
}

/// x, weights, and a bias if there is one.
std::vector<std::string> operands(RowWriter& row, int x, const WeightForm& form) {
  const int w = row.view.input_index(1), bias = x == 0 ? 2 : 3;
  std::vector<std::string> list{row.x(x)};
  list.push_back(row.view.input(1).constant
                     ? row.values.constants.weights(w, form)
                     : row.settled(row.transposed(row.plain_x(1), form.order, w), w));
  if (row.view.has_input(bias)) {
    list.push_back(row.values.constants.bias(row.view.input_index(bias), row.x_index(x), w));
  }
  return list;
}

}  // namespace

void write_conv(RowWriter& row) {
  const bool depthwise = row.view.op() == int8::OpCode::depthwise_conv_2d;
  const ConvGeometry g = int8::conv_geometry_of(row.view, depthwise);
  const WeightForm form{depthwise ? Order{3, 0, 1, 2} : Order{0, 3, 1, 2}, 0};
  const std::int64_t bottom =
      pad_after(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top);
  const std::int64_t right =
      pad_after(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left);
  const std::string y = row.add("Conv", operands(row, 0, form),
                                {{"kernel_shape", OnnxDims{g.kernel_h, g.kernel_w}},
                                 {"strides", OnnxDims{g.stride_h, g.stride_w}},
                                 {"pads", OnnxDims{g.pad_top, g.pad_left, bottom, right}},
                                 {"dilations", OnnxDims{g.dilation_h, g.dilation_w}},
                                 {"group", g.groups}});
  row.y(row.clamped(y, row.view.attributes<int8::ConvAttributes>().activation));
}

void write_transpose_conv(RowWriter& row) {
  const int8::TransposeConvShape shape = int8::transpose_conv_shape_of(row.view);
  const auto a = row.view.attributes<int8::TransposeConvAttributes>();
  const int8::Dims &x = row.view.input(2).shape, &w = row.view.input(1).shape;
  // Without pads the output has stride * (in - 1) + kernel elements; what is missing is zero.
  const std::int64_t below =
      std::int64_t{a.stride_h} * (x[1] - 1) + w[1] - shape.out[1] - shape.pad_top;
  const std::int64_t beside =
      std::int64_t{a.stride_w} * (x[2] - 1) + w[2] - shape.out[2] - shape.pad_left;
  const std::string y =
      row.add("ConvTranspose", operands(row, 2, {{3, 0, 1, 2}, 1}),
              {{"kernel_shape", OnnxDims{w[1], w[2]}},
               {"strides", OnnxDims{a.stride_h, a.stride_w}},
               {"pads", OnnxDims{shape.pad_top, shape.pad_left, std::max<std::int64_t>(below, 0),
                                 std::max<std::int64_t>(beside, 0)}},
               {"output_padding",
                OnnxDims{std::max<std::int64_t>(-below, 0), std::max<std::int64_t>(-beside, 0)}}});
  row.y(row.clamped(y, a.activation));
}

void write_fully_connected(RowWriter& row) {
  const auto a = row.view.attributes<int8::FullyConnectedAttributes>();
  const int8::FullyConnectedShape shape = int8::fully_connected_shape_of(row.view);
  const int t = row.x_index();
  WeightForm form{{0, 1}, 0};
  if (row.values.layout(t) == Layout::flat_image) {
    form.image = flattened_image(row.view.graph(), t);
  }
  std::vector<std::string> list = operands(row, 0, form);
  const int8::Dims& dims = row.x_shape();
  if (dims.size() != 2 || dims[1] != shape.in) {
    list[0] = row.settled(row.reshaped(row.plain_x(), {-1, shape.in}, t), t);
  }
  const std::string y = row.clamped(row.add("Gemm", list, {{"transB", 1}}), a.activation);
  row.y(row.y_shape().size() == 2 ? y : row.as_output(y));
}

void write_batch_matmul(RowWriter& row) {
  const auto a = row.view.attributes<int8::BatchMatMulAttributes>();
  const auto factor = [&](int i, bool transposed) {
    Order order = inverse(row.values.order(row.x_index(i)));
    if (transposed) std::swap(order.end()[-1], order.end()[-2]);
    return row.settled(row.transposed(row.x(i), order, row.x_index(i)), row.x_index(i));
  };
  const std::string y = row.add("MatMul", {factor(0, a.adj_x), factor(1, a.adj_y)});
  row.y(row.transposed(y, row.values.order(row.y_index())));
}

}  // namespace octet::onnx_export
