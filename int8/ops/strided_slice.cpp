// STRIDED_SLICE with constant begin, end and strides; ellipsis and new-axis masks are refused.
#include "base/error.h"
#include "int8/ops/strided_bytes.h"
#include "int8/reference/slice.h"

namespace octet::int8 {

std::unique_ptr<Step> create_strided_slice(const NodeView& node) {
  node.expect_operands(4, 4);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const auto a = node.attributes<StridedSliceAttributes>();
  OCTET_CHECK(a.ellipsis_mask == 0 && a.new_axis_mask == 0,
              "ellipsis_mask and new_axis_mask: expected 0, got ", a.ellipsis_mask, " and ",
              a.new_axis_mask);
  const std::size_t rank = x.shape.size();
  const auto begin = node.i32_constant(1), end = node.i32_constant(2), by = node.i32_constant(3);
  OCTET_CHECK(rank <= 5 && begin.size() == rank && end.size() == rank && by.size() == rank,
              "begin, end, strides: expected one entry for each of at most 5 dimensions of ",
              to_string(x.shape), ", got ", begin.size(), ", ", end.size(), ", ", by.size());

  const auto in = row_major_strides(x.shape);
  Dims shape, kept;
  std::int64_t offset = 0;
  std::vector<AxisSlice> ranges;
  for (std::size_t d = 0; d < rank; ++d) {
    const auto has = [&](int mask) { return ((mask >> d) & 1) != 0; };
    OCTET_CHECK(by[d] != 0, "strides: expected nonzero, got ", to_string(by));
    AxisSlice range =
        axis_slice(begin[d], end[d], by[d], x.shape[d], has(a.begin_mask), has(a.end_mask));
    if (has(a.shrink_axis_mask)) {
      const std::int64_t at = has(a.begin_mask) ? 0
                              : begin[d] < 0    ? begin[d] + x.shape[d]
                                                : begin[d];
      OCTET_CHECK(at >= 0 && at < x.shape[d], "begin: index ", begin[d], " is outside dimension ",
                  d, " of ", to_string(x.shape));
      range = {at, 1, 1};
    }
    OCTET_CHECK(range.count > 0, "slice of dimension ", d, ": expected at least one element, got ",
                begin[d], " to ", end[d], " by ", by[d], " of ", x.shape[d]);
    offset += range.begin * in[d];
    ranges.push_back(range);
    kept.push_back(static_cast<std::int32_t>(range.count));
    if (!has(a.shrink_axis_mask)) shape.push_back(kept.back());
  }
  node.expect_output_shape(shape);
  StridedBytes copy;
  const auto out = row_major_strides(kept);
  for (std::size_t d = 0; d < rank; ++d) {
    copy.push({ranges[d].count, in[d] * ranges[d].stride, out[d]});
  }
  copy.set_offsets(offset, 0);
  return create_strided_copy(node, copy);
}

}  // namespace octet::int8
