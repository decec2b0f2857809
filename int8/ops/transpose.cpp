// TRANSPOSE: output dimension d is input dimension perm[d].
#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {

std::unique_ptr<Step> create_transpose(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::vector<std::int32_t> perm = node.i32_constant(1);
  const std::size_t rank = x.shape.size();
  OCTET_CHECK(perm.size() == rank, quoted(node.input(1)), ": expected ", rank,
              " dimensions to permute, got ", perm.size());
  std::vector<bool> seen(rank, false);
  Dims shape(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    const bool valid = perm[d] >= 0 && perm[d] < static_cast<std::int32_t>(rank) &&
                       !seen[static_cast<std::size_t>(perm[d])];
    OCTET_CHECK(valid, quoted(node.input(1)), ": expected a permutation of 0 to ", rank - 1,
                ", got ", to_string(perm));
    seen[static_cast<std::size_t>(perm[d])] = true;
    shape[d] = x.shape[static_cast<std::size_t>(perm[d])];
  }
  node.expect_output_shape(shape);

  StridedBytes copy;
  const auto in = row_major_strides(x.shape), out = row_major_strides(shape);
  for (std::size_t d = 0; d < rank; ++d) {
    copy.push({shape[d], in[static_cast<std::size_t>(perm[d])], out[d]});
  }
  return create_strided_copy(node, copy);
}

}  // namespace octet::int8
