// What moves whole tensors and changes no value.
#include <numeric>

#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

/// `list`, an entry for each of the graph's dimensions, in the file's order.
OnnxDims in_file_order(const RowWriter& row, const std::vector<std::int32_t>& list) {
  OnnxDims result;
  for (const std::size_t d : row.values.order(row.y_index())) result.push_back(list[d]);
  return result;
}

}  // namespace

void write_reshape(RowWriter& row) {
  if (row.values.layout(row.y_index()) == Layout::flat_image) {  // its readers know its order
    row.y(row.add("Flatten", {row.x()}));
    return;
  }
  const bool alike = keeps_memory(row.x_shape(), row.values.order(row.x_index()));
  row.y(row.as_output(alike ? row.x() : row.plain_x()));
}

void write_transpose(RowWriter& row) {
  const std::vector<std::int32_t> perm = row.view.i32_constant(1);
  const Order from = inverse(row.values.order(row.x_index()));
  Order order;
  for (const std::size_t d : row.values.order(row.y_index())) {
    order.push_back(from[static_cast<std::size_t>(perm[d])]);
  }
  row.y(row.transposed(row.x(), order));
}

void write_concatenation(RowWriter& row) {
  const auto axis =
      int8::resolve_axis(row.view.attributes<int8::ConcatenationAttributes>().axis, row.y_shape());
  std::vector<std::string> operands;
  for (int i = 0; i < row.view.input_count(); ++i) operands.push_back(row.x(i));
  row.y(row.add("Concat", operands, {{"axis", row.x_axis(axis)}}));
}

void write_pad(RowWriter& row) {
  const std::vector<std::int32_t> paddings = row.view.i32_constant(1);  // [rank, 2]
  OnnxDims pads;
  for (const std::size_t side : {0, 1}) {
    for (const std::size_t d : row.values.order(row.x_index())) {
      pads.push_back(paddings[2 * d + side]);
    }
  }
  std::vector<std::string> operands{row.x(), row.integers("pads", pads)};
  if (row.view.op() == int8::OpCode::padv2) {
    operands.push_back(row.x_shape(2).empty() ? row.x(2) : row.add("Squeeze", {row.x(2)}));
  }
  row.y(row.add("Pad", operands));
}

void write_mirror_pad(RowWriter& row) {
  const std::vector<std::int32_t> paddings = row.view.i32_constant(1);  // [rank, 2]
  const std::int32_t border = row.view.attributes<int8::MirrorPadAttributes>().symmetric ? 1 : 0;
  std::string y = row.x();
  for (std::size_t d = 0; d < row.x_shape().size(); ++d) {
    const std::int32_t size = row.x_shape()[d];
    const std::int32_t before = paddings[2 * d], after = paddings[2 * d + 1];
    if (before == 0 && after == 0) continue;
    OnnxDims from;
    for (std::int32_t i = -before; i < size + after; ++i) {
      from.push_back(i < 0 ? -i - border : i < size ? i : 2 * size - 2 - i + border);
    }
    y = row.add("Gather", {row.settled(y), row.integers("from", from)}, {{"axis", row.x_axis(d)}});
  }
  row.y(y);
}

void write_tile(RowWriter& row) {
  const OnnxDims times = in_file_order(row, row.view.i32_constant(1));
  row.y(row.add("Tile", {row.x(), row.integers("repeats", times)}));
}

void write_broadcast(RowWriter& row) {
  const OnnxDims shape = in_file_order(row, row.y_shape());
  row.y(row.add("Expand", {row.broadcast_x(0), row.integers("shape", shape)}));
}

void write_blocks(RowWriter& row) {
  const int size = row.view.attributes<int8::BlockAttributes>().size;
  row.y(row.add(row.onnx_name, {row.x()}, {{"blocksize", size}}));
}

}  // namespace octet::onnx_export
