#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "int8/ops/binary.h"
#include "int8/ops/node_view.h"
#include "int8/reference/add.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

using MakeParams = AddParams (*)(float, std::int32_t, float, std::int32_t, float, std::int32_t,
                                 Activation, Rounding);

std::unique_ptr<Step> create_with(const NodeView& node, MakeParams make) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const auto activation = node.attributes<ElementwiseAttributes>().activation;
  const AddParams params = make(a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point,
                                activation, node.rounding());
  return BinaryStep<AddParams>::create(node, params, add_kernel(node.isa()));
}

}  // namespace

std::unique_ptr<Step> create_add(const NodeView& node) {
  return create_with(node, make_add_params);
}
std::unique_ptr<Step> create_sub(const NodeView& node) {
  return create_with(node, make_sub_params);
}

}  // namespace octet::int8
