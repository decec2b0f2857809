#include "int8/ops/transpose_conv.h"

#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {

std::unique_ptr<Step> create_built_in_transpose_conv(const NodeView& node) {
  // LiteRT's vectors take 8 channels, and round otherwise than its code for the rest.
  return int8::create_transpose_conv(node, node.output().shape.back() / 8 * 8);
}

}  // namespace octet::int8::xnnpack
