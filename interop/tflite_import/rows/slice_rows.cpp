// Parts of a value.
#include <algorithm>

#include "int8/reference/slice.h"
#include "interop/tflite_import/rows/axis_ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

/// Results are parts of dimension `axis` of operand `i`, with these extents.
void import_parts(FileNode& node, std::size_t i, std::size_t axis,
                  const std::vector<std::int64_t>& extents) {
  const int8::Dims& dims = node.dims(i);
  OCTET_CHECK(extents.size() == node.output_count(), "expected ", extents.size(), " results, got ",
              node.output_count());
  const int x = node.value(i);
  std::int64_t begin = 0;
  for (std::size_t k = 0; k < extents.size(); ++k) {
    OCTET_CHECK(extents[k] > 0 && extents[k] <= dims[axis] - begin,
                "expected parts that add up to ", dims[axis]);
    node.set_reshaped(sliced(node, x, graph_axis(dims, axis), begin, extents[k]), k);
    begin += extents[k];
  }
  OCTET_CHECK(begin == dims[axis], "expected parts that add up to ", dims[axis], ", got ", begin);
}

}  // namespace

void import_strided_slice(FileNode& node) {
  const auto a = node.attributes<int8::StridedSliceAttributes>();
  OCTET_CHECK(a.ellipsis_mask == 0 && a.new_axis_mask == 0,
              "ellipsis_mask and new_axis_mask: expected 0");
  const int8::Dims& dims = node.dims(0);
  const auto begin = node.integers(1, "begin"), end = node.integers(2, "end"),
             by = node.integers(3, "strides");
  OCTET_CHECK(begin.size() == dims.size() && end.size() == dims.size() && by.size() == dims.size(),
              "begin, end, strides: expected an entry for each of ", dims.size(), " dimensions");
  int x = node.value(0);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const auto has = [&](int mask) { return ((mask >> d) & 1) != 0; };
    OCTET_CHECK(by[d] != 0, "strides: expected other than 0");
    int8::AxisSlice range =
        int8::axis_slice(begin[d], end[d], by[d], dims[d], has(a.begin_mask), has(a.end_mask));
    if (has(a.shrink_axis_mask)) {
      const std::int64_t at = has(a.begin_mask) ? 0 : begin[d] < 0 ? begin[d] + dims[d] : begin[d];
      OCTET_CHECK(at >= 0 && at < dims[d], "begin: ", begin[d], " is outside dimension ", d);
      range = {at, 1, 1};
    }
    x = sliced(node, x, graph_axis(dims, d), range.begin, range.count, range.stride);
  }
  node.set_reshaped(x);
}

void import_slice(FileNode& node) {
  const int8::Dims& dims = node.dims(0);
  const auto begin = node.integers(1, "begin"), size = node.integers(2, "size");
  OCTET_CHECK(begin.size() == dims.size() && size.size() == dims.size(),
              "begin, size: expected an entry for each of ", dims.size(), " dimensions");
  int x = node.value(0);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const std::int64_t count = size[d] == -1 ? dims[d] - begin[d] : size[d];
    OCTET_CHECK(begin[d] >= 0 && count >= 1 && count <= dims[d] - begin[d], "dimension ", d,
                ": expected elements within ", dims[d], ", got ", size[d], " from ", begin[d]);
    x = sliced(node, x, graph_axis(dims, d), begin[d], count);
  }
  node.set_reshaped(x);
}

void import_split(FileNode& node) {
  const std::vector<std::int32_t> axis = node.integers(0, "axis");
  OCTET_CHECK(axis.size() == 1, "axis: expected one number");
  const std::size_t d = file_axis(axis[0], node.dims(1));
  const auto parts = static_cast<std::int64_t>(node.output_count());
  OCTET_CHECK(node.dims(1)[d] % parts == 0, "expected an extent that divides into ", parts);
  import_parts(node, 1, d, std::vector<std::int64_t>(node.output_count(), node.dims(1)[d] / parts));
}

void import_split_v(FileNode& node) {
  const std::vector<std::int32_t> sizes = node.integers(1, "sizes"),
                                  axis = node.integers(2, "axis");
  OCTET_CHECK(axis.size() == 1, "axis: expected one number");
  const std::size_t d = file_axis(axis[0], node.dims(0));
  std::vector<std::int64_t> extents(sizes.begin(), sizes.end());
  std::int64_t rest = node.dims(0)[d];
  for (const std::int64_t n : extents) rest -= std::max<std::int64_t>(n, 0);
  std::ranges::replace(extents, std::int64_t{-1}, rest);
  import_parts(node, 0, d, extents);
}

void import_unpack(FileNode& node) {
  const std::size_t d = file_axis(node.attributes<int8::PackAttributes>().axis, node.dims(0));
  import_parts(node, 0, d, std::vector<std::int64_t>(node.output_count(), 1));
}

void import_gather(FileNode& node) {
  const auto a = node.attributes<int8::GatherAttributes>();
  OCTET_CHECK(a.batch_dims == 0, "batch_dims: expected 0, got ", a.batch_dims);
  const int8::Dims& dims = node.dims(0);
  const std::vector<std::int32_t> indices = node.integers(1, "indices");
  const std::vector<std::int64_t> wide(indices.begin(), indices.end());
  node.set_reshaped(taken(node, node.value(0), graph_axis(dims, file_axis(a.axis, dims)), wide));
}

}  // namespace octet::tflite_import
