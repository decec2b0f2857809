// ADD, SUB and MUL.
#include "int8/ops/binary.h"
#include "int8/ops/unary_step.h"
#include "int8/reference/xnnpack/float_add.h"
#include "int8/reference/xnnpack/float_mul.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "int8/xnnpack/delegated.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {

std::unique_ptr<Step> create_sum_or_difference(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const ClampRange range = node.i8_range(node.attributes<ElementwiseAttributes>().activation);
  const FloatAddParams params = make_add_params(a, b, y, node.op() == OpCode::sub, range);
  return BinaryStep<FloatAddParams>::create(node, params, {add, "portable"});
}

std::unique_ptr<Step> create_product(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const ClampRange range = node.i8_range(node.attributes<ElementwiseAttributes>().activation);
  if (is_square_of_reals(node)) {
    node.expect_output_shape(node.input(0).shape);
    return create_table_step(node, square_codes(a, y, range).table());
  }
  return BinaryStep<FloatMulParams>::create(node, make_mul_params(a, b, y, range),
                                            {mul, "portable"});
}

}  // namespace octet::int8::xnnpack
