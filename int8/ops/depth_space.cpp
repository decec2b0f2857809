// DEPTH_TO_SPACE and SPACE_TO_DEPTH: the channels of a pixel [block, block, c], or a part of them,
// against a block of pixels.
#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

/// `deep` is the shape with more channels, `wide` the one with more pixels.
std::unique_ptr<Step> create_with(const NodeView& node, const Dims& deep, const Dims& wide,
                                  std::int32_t block, bool to_wide) {
  const std::int64_t c = wide[3], row = std::int64_t{block} * c;
  const auto deep_strides = row_major_strides(deep), wide_strides = row_major_strides(wide);
  StridedBytes copy;
  const auto push = [&](std::int32_t size, std::int64_t in_deep, std::int64_t in_wide) {
    copy.push(to_wide ? StridedBytes::Dim{size, in_deep, in_wide}
                      : StridedBytes::Dim{size, in_wide, in_deep});
  };
  push(deep[0], deep_strides[0], wide_strides[0]);
  push(deep[1], deep_strides[1], block * wide_strides[1]);
  push(block, row, wide_strides[1]);
  push(deep[2], deep_strides[2], row);
  push(static_cast<std::int32_t>(row), 1, 1);
  return create_strided_copy(node, copy);
}

std::int32_t block_of(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  node.expect_rank(x, 4);
  const int block = node.attributes<BlockAttributes>().size;
  OCTET_CHECK(block >= 1 && block < 1 << 15, "block_size: expected 1 to 2^15 - 1, got ", block);
  return block;
}

}  // namespace

std::unique_ptr<Step> create_depth_to_space(const NodeView& node) {
  const std::int32_t block = block_of(node);
  const Dims& x = node.input(0).shape;
  OCTET_CHECK(x[3] % (block * block) == 0, quoted(node.input(0)),
              ": expected channels divisible by ", block * block, ", got ", x[3]);
  // Of no more elements than the input, so this cannot overflow.
  const Dims y{x[0], static_cast<std::int32_t>(std::int64_t{x[1]} * block),
               static_cast<std::int32_t>(std::int64_t{x[2]} * block), x[3] / (block * block)};
  node.expect_output_shape(y);
  return create_with(node, x, y, block, true);
}

std::unique_ptr<Step> create_space_to_depth(const NodeView& node) {
  const std::int32_t block = block_of(node);
  const Dims& x = node.input(0).shape;
  OCTET_CHECK(x[1] % block == 0 && x[2] % block == 0, quoted(node.input(0)),
              ": expected height and width divisible by ", block, ", got ", to_string(x));
  const Dims y{x[0], x[1] / block, x[2] / block, x[3] * block * block};
  node.expect_output_shape(y);
  return create_with(node, y, x, block, false);
}

}  // namespace octet::int8
