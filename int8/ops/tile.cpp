// TILE and BROADCAST_TO.
#include <algorithm>

#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {

std::unique_ptr<Step> create_tile(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::vector<std::int32_t> times = node.i32_constant(1);
  const std::size_t rank = x.shape.size();
  OCTET_CHECK(times.size() == rank, quoted(node.input(1)), ": expected ", rank, " multiples, got ",
              to_string(times));
  Dims shape(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t size = std::int64_t{times[d]} * x.shape[d];
    OCTET_CHECK(times[d] >= 1 && size < std::int64_t{1} << 31, quoted(node.input(1)),
                ": expected multiples >= 1 of ", to_string(x.shape), " below 2^31, got ",
                to_string(times));
    shape[d] = static_cast<std::int32_t>(size);
  }
  node.expect_output_shape(shape);

  StridedBytes copy;
  const auto in = row_major_strides(x.shape), out = row_major_strides(shape);
  for (std::size_t d = 0; d < rank; ++d) {
    copy.push({times[d], 0, x.shape[d] * out[d]});
    copy.push({x.shape[d], in[d], out[d]});
  }
  return create_strided_copy(node, copy);
}

std::unique_ptr<Step> create_broadcast_to(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const Dims shape = node.i32_constant(1);
  Dims padded = x.shape;  // by NumPy's rules: dimensions are added in front
  if (shape.size() > padded.size()) padded.insert(padded.begin(), shape.size() - padded.size(), 1);
  const bool fits = std::equal(
      padded.begin(), padded.end(), shape.begin(), shape.end(),
      [](std::int32_t from, std::int32_t to) { return from == to || (from == 1 && to >= 1); });
  OCTET_CHECK(fits, quoted(node.input(1)), ": expected a shape that ", to_string(x.shape),
              " broadcasts to, got ", to_string(shape));
  node.expect_output_shape(shape);

  StridedBytes copy;
  const auto in = row_major_strides(padded), out = row_major_strides(shape);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    copy.push({shape[d], padded[d] == shape[d] ? in[d] : 0, out[d]});
  }
  return create_strided_copy(node, copy);
}

}  // namespace octet::int8
