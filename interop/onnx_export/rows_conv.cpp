// Convolutions and matrix products.
#include <algorithm>

#include "int8/ops/operand_shapes.h"
#include "interop/onnx_export/find_layouts.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

/// What a window reads beyond the end of a dimension.
std::int64_t pad_after(std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                       int before) {
  const std::int64_t reach = (out - 1) * stride + std::int64_t{kernel - 1} * dilation + 1;
  return std::max<std::int64_t>(reach - before - in, 0);
}

void add_bias(RowWriter& row, int i, int x, std::vector<std::string>& operands) {
  if (row.view.has_input(i)) {
    operands.push_back(row.values.bias(row.view.input_index(i), x, row.view.input_index(1)));
  }
}

/// Weights [0, 1, 2, 3], in another order: of the constant, or of the value that is computed.
std::string weights_of_conv(RowWriter& row, const WeightForm& form) {
  const int w = row.view.input_index(1);
  if (row.view.input(1).constant) return row.values.weights(w, form);
  return row.transposed(row.plain_x(1), form.order, w);
}

}  // namespace

void write_conv(RowWriter& row) {
  const bool depthwise = row.view.op() == int8::OpCode::depthwise_conv_2d;
  const ConvGeometry g = int8::conv_geometry_of(row.view, depthwise);
  const WeightForm form{depthwise ? Order{3, 0, 1, 2} : Order{0, 3, 1, 2}, 0};
  std::vector<std::string> operands{row.x(), weights_of_conv(row, form)};
  add_bias(row, 2, row.x_index(), operands);
  const std::int64_t bottom =
      pad_after(g.in_h, g.out_h, g.kernel_h, g.stride_h, g.dilation_h, g.pad_top);
  const std::int64_t right =
      pad_after(g.in_w, g.out_w, g.kernel_w, g.stride_w, g.dilation_w, g.pad_left);
  const std::string y = row.add("Conv", operands,
                                {{"kernel_shape", OnnxDims{g.kernel_h, g.kernel_w}},
                                 {"strides", OnnxDims{g.stride_h, g.stride_w}},
                                 {"pads", OnnxDims{g.pad_top, g.pad_left, bottom, right}},
                                 {"dilations", OnnxDims{g.dilation_h, g.dilation_w}},
                                 {"group", std::int64_t{g.groups}}});
  row.y(row.clamped(y, row.view.attributes<int8::ConvAttributes>().activation));
}

void write_fully_connected(RowWriter& row) {
  const auto a = row.view.attributes<int8::FullyConnectedAttributes>();
  const int8::FullyConnectedShape shape = int8::fully_connected_shape_of(row.view);
  const int t = row.x_index(), w = row.view.input_index(1);
  const int8::Dims& dims = row.view.input(0).shape;
  WeightForm form{{0, 1}, 0};
  if (row.values.layout(t) == Layout::flat_image) {
    form.image = flattened_image(row.view.graph(), t);
  }
  std::string x = dims.size() == 2 && dims[1] == shape.in
                      ? row.x()
                      : row.reshaped(row.plain_x(), {-1, shape.in}, t);
  std::vector<std::string> operands{
      std::move(x), row.view.input(1).constant ? row.values.weights(w, form) : row.x(1)};
  add_bias(row, 2, t, operands);
  const std::string product = row.add("Gemm", operands, {{"transB", 1}});
  const std::string y = row.clamped(product, a.activation);
  row.y(row.y_shape().size() == 2
            ? y
            : row.as_output(row.values.requantized(y, row.y_index()), row.y_index()));
}

}  // namespace octet::onnx_export
