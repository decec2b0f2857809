// SLICE with constant begin and size.
#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {

std::unique_ptr<Step> create_slice(const NodeView& node) {
  node.expect_operands(3, 3);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::size_t rank = x.shape.size();
  const std::vector<std::int32_t> begin = node.i32_constant(1);
  Dims size = node.i32_constant(2);
  OCTET_CHECK(begin.size() == rank && size.size() == rank,
              "begin, size: expected one entry for each dimension of ", to_string(x.shape),
              ", got ", begin.size(), ", ", size.size());
  const auto in = row_major_strides(x.shape);
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < rank; ++d) {
    const bool inside = begin[d] >= 0 && begin[d] < x.shape[d];
    if (size[d] == -1 && inside) size[d] = x.shape[d] - begin[d];
    OCTET_CHECK(inside && size[d] >= 1 && size[d] <= x.shape[d] - begin[d], "slice of dimension ",
                d, ": expected at least one element within 0 to ", x.shape[d] - 1, ", got ",
                size[d], " from ", begin[d]);
    offset += begin[d] * in[d];
  }
  node.expect_output_shape(size);

  StridedBytes copy;
  const auto out = row_major_strides(size);
  for (std::size_t d = 0; d < rank; ++d) copy.push({size[d], in[d], out[d]});
  copy.set_offsets(offset, 0);
  return create_strided_copy(node, copy);
}

}  // namespace octet::int8
