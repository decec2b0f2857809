// What moves values and changes none.
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {

void write_reshape(RowWriter& row) {
  const int x = row.x_index(), y = row.y_index();
  if (row.values.layout(y) == Layout::flat_image) {  // whoever reads it knows its order
    row.y(row.add("Flatten", {row.x()}));
    return;
  }
  const bool alike = keeps_memory(row.view.input(0).shape, row.values.order(x));
  row.y(row.as_output(alike ? row.x() : row.plain_x(), x));
}

void write_concatenation(RowWriter& row) {
  const auto axis =
      int8::resolve_axis(row.view.attributes<int8::ConcatenationAttributes>().axis, row.y_shape());
  std::vector<std::string> operands;
  for (int i = 0; i < row.view.input_count(); ++i) operands.push_back(row.x(i));
  row.y(row.add("Concat", operands, {{"axis", file_axis(row.values.layout(row.y_index()), axis)}}));
}

void write_pad(RowWriter& row) {
  const std::vector<std::int32_t> paddings = row.view.i32_constant(1);  // before, after of each
  const std::size_t rank = paddings.size() / 2;
  const Order order = row.values.order(row.x_index());
  OnnxDims pads(2 * rank);
  for (std::size_t k = 0; k < rank; ++k) {
    pads[k] = paddings[2 * order[k]];
    pads[rank + k] = paddings[2 * order[k] + 1];
  }
  std::vector<std::string> operands{row.x(), row.integers("pads", pads)};
  if (row.view.op() == int8::OpCode::padv2) {
    const std::string value = row.x(2);
    operands.push_back(row.view.input(2).shape.empty() ? value : row.add("Squeeze", {value}));
  }
  row.y(row.add("Pad", operands, {{"mode", "constant"}}));
}

}  // namespace octet::onnx_export
