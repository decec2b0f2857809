#include "int8/reference/softmax.h"
#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/softmax_step.h"
#include "int8/reference/scales.h"

namespace octet::int8 {

void check_softmax(const NodeView& node, QuantParams fixed) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  node.i8_activation(0);
  node.expect_params(node.output(), fixed);
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty(), quoted(x), ": expected at least one dimension");
}

std::unique_ptr<Step> create_softmax(const NodeView& node) {
  check_softmax(node, softmax_params);
  const SoftmaxParams params = make_softmax_params(node.attributes<SoftmaxAttributes>().beta,
                                                   node.i8_activation(0).scale, node.rounding());
  return create_softmax_step(node, params, softmax_kernel(node.isa()));
}

}  // namespace octet::int8
