#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "int8/ops/binary.h"
#include "int8/reference/min_max.h"

namespace octet::int8 {
namespace {

std::unique_ptr<Step> create_with(const NodeView& node, Kernel<MinMaxFunction> kernel) {
  node.expect_operands(2, 2);
  node.expect_same_params(node.output(), node.input(0));
  node.expect_same_params(node.output(), node.input(1));
  return BinaryStep<NoParams>::create(node, {}, kernel);
}

}  // namespace

std::unique_ptr<Step> create_minimum(const NodeView& node) {
  return create_with(node, minimum_kernel(node.isa()));
}
std::unique_ptr<Step> create_maximum(const NodeView& node) {
  return create_with(node, maximum_kernel(node.isa()));
}

}  // namespace octet::int8
