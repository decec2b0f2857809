#include "int8/ops/transpose_conv.h"

#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {

std::unique_ptr<Step> create_small_kernel_transpose_conv(const NodeView& node) {
  const auto a = node.attributes<TransposeConvAttributes>();
  const Dims& w = node.input(1).shape;
  const bool small =
      w.size() == 4 && a.padding == Padding::same && (w[1] < a.stride_h || w[2] < a.stride_w);
  // LiteRT's vectors take 8 channels, and round otherwise than its code for the rest.
  return int8::create_transpose_conv(node, small ? w[0] / 8 * 8 : 0);
}

}  // namespace octet::int8::xnnpack
