// What takes tensors apart, and what puts them together along a new dimension.
#include "base/error.h"
#include "int8/reference/slice.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

/// Of operand 0, these elements of each dimension.
std::string sliced(RowWriter& row, const std::vector<int8::AxisSlice>& slices) {
  OnnxDims starts, ends, axes, steps;
  for (std::size_t d = 0; d < slices.size(); ++d) {
    const int8::AxisSlice& s = slices[d];
    const std::int64_t size = row.x_shape()[d];
    if (s.count == size && s.stride > 0) continue;
    const std::int64_t end = s.begin + s.stride * s.count;
    starts.push_back(s.begin);
    ends.push_back(end < 0 ? -size - 1 : end);  // -1 would be the last element
    axes.push_back(row.x_axis(d));
    steps.push_back(s.stride);
  }
  if (axes.empty()) return row.x();
  return row.add("Slice", {row.x(), row.integers("starts", starts), row.integers("ends", ends),
                           row.integers("axes", axes), row.integers("steps", steps)});
}

/// The slice of output `i` that has index `at` in dimension `axis` of operand 0.
std::string taken(RowWriter& row, const std::string& plain, std::size_t axis, std::int64_t at) {
  const std::string index = row.onnx.bytes(row.values.name(row.y_index()) + "_at", int8::DType::i64,
                                           {}, std::as_bytes(std::span(&at, 1)));
  return row.add("Gather", {plain, index}, {{"axis", static_cast<std::int64_t>(axis)}});
}

}  // namespace

void write_slice(RowWriter& row) {
  const std::vector<std::int32_t> begin = row.view.i32_constant(1), size = row.view.i32_constant(2);
  std::vector<int8::AxisSlice> slices;
  for (std::size_t d = 0; d < begin.size(); ++d) {
    slices.push_back({begin[d], 1, size[d] < 0 ? row.x_shape()[d] - begin[d] : size[d]});
  }
  row.y(sliced(row, slices));
}

void write_strided_slice(RowWriter& row) {
  const auto a = row.view.attributes<int8::StridedSliceAttributes>();
  const std::vector<std::int32_t> begin = row.view.i32_constant(1), end = row.view.i32_constant(2),
                                  by = row.view.i32_constant(3);
  const int8::Dims& shape = row.x_shape();
  std::vector<int8::AxisSlice> slices;
  int8::Dims kept;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto has = [&](int mask) { return ((mask >> d) & 1) != 0; };
    int8::AxisSlice s =
        int8::axis_slice(begin[d], end[d], by[d], shape[d], has(a.begin_mask), has(a.end_mask));
    if (has(a.shrink_axis_mask)) {
      const std::int64_t at = has(a.begin_mask) ? 0 : begin[d];
      s = {at < 0 ? at + shape[d] : at, 1, 1};
    }
    slices.push_back(s);
    kept.push_back(static_cast<std::int32_t>(s.count));
  }
  const std::string part = sliced(row, slices);
  if (a.shrink_axis_mask == 0) return row.y(part);
  const Order order = row.values.order(row.x_index());
  row.y(row.as_output(keeps_memory(kept, order) ? part : row.transposed(part, inverse(order))));
}

void write_split(RowWriter& row) {
  const bool of_sizes = row.view.op() == int8::OpCode::split_v;
  const int x = of_sizes ? 0 : 1, axis_operand = of_sizes ? 2 : 0;
  const std::size_t axis =
      int8::resolve_axis(row.view.i32_constant(axis_operand)[0], row.x_shape(x));
  OnnxDims sizes;
  std::vector<std::string> names;
  for (int i = 0; i < row.view.output_count(); ++i) {
    sizes.push_back(row.y_shape(i)[axis]);
    names.push_back(row.values.name(row.y_index(i)) + "_Split");
  }
  const std::vector<std::string> parts = row.onnx.add_many(
      "Split", {row.x(x), row.integers("sizes", sizes)}, {{"axis", row.x_axis(axis, x)}}, names);
  for (int i = 0; i < row.view.output_count(); ++i) row.y(parts[static_cast<std::size_t>(i)], i);
}

void write_gather(RowWriter& row) {
  const auto a = row.view.attributes<int8::GatherAttributes>();
  OCTET_CHECK(a.batch_dims == 0, "batch_dims: expected 0, got ", a.batch_dims);
  const std::size_t axis = int8::resolve_axis(a.axis, row.x_shape());
  if (row.x_shape(1).size() == 1) {
    row.y(row.add("Gather", {row.x(), row.x(1)}, {{"axis", row.x_axis(axis)}}));
    return;
  }
  const std::string y = row.add("Gather", {row.plain_x(), row.plain_x(1)},
                                {{"axis", static_cast<std::int64_t>(axis)}});
  row.y(row.transposed(y, row.values.order(row.y_index())));
}

void write_pack(RowWriter& row) {
  const std::size_t axis =
      int8::resolve_axis(row.view.attributes<int8::PackAttributes>().axis, row.y_shape());
  int8::Dims shape = row.y_shape();
  shape[axis] = 1;
  std::vector<std::string> operands;
  for (int i = 0; i < row.view.input_count(); ++i) {
    operands.push_back(row.settled(row.reshaped(row.plain_x(i), shape)));
  }
  const std::string y = row.add("Concat", operands, {{"axis", static_cast<std::int64_t>(axis)}});
  row.y(row.transposed(y, row.values.order(row.y_index())));
}

void write_unpack(RowWriter& row) {
  const std::size_t axis =
      int8::resolve_axis(row.view.attributes<int8::PackAttributes>().axis, row.x_shape());
  const std::string x = row.plain_x();
  for (int i = 0; i < row.view.output_count(); ++i) {
    const std::string part = taken(row, x, axis, i);
    row.y(row.transposed(part, row.values.order(row.y_index(i)), row.y_index(i)), i);
  }
}

}  // namespace octet::onnx_export
