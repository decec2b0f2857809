#include "int8/reference/prelu.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/binary.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
std::unique_ptr<Step> create_prelu(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams x = node.i8_activation(0), alpha = node.i8_input(1), y = node.i8_output();
  node.expect_output_shape(node.input(0).shape);
  const PreluParams params = make_prelu_params(x.scale, x.zero_point, alpha.scale, alpha.zero_point,
                                               y.scale, y.zero_point, node.rounding());
  return BinaryStep<PreluParams>::create(node, params, prelu_kernel(node.isa()));
}

}  // namespace octet::int8
