#include "int8/reference/mul.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/binary.h"
#include "int8/ops/node_view.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
std::unique_ptr<Step> create_mul(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const auto activation = node.attributes<ElementwiseAttributes>().activation;
  const MulParams params = make_mul_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale,
                                           y.zero_point, activation, node.rounding());
  return BinaryStep<MulParams>::create(node, params, mul_kernel(node.isa()));
}

}  // namespace octet::int8
