// ADD, SUB and MUL.
#include "int8/ops/binary.h"
#include "int8/ops/unary_step.h"
#include "int8/reference/xnnpack/float_add.h"
#include "int8/reference/xnnpack/float_mul.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {

std::unique_ptr<Step> create_sum_or_difference(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const ClampRange range = node.i8_range(node.attributes<ElementwiseAttributes>().activation);
  const FloatAddParams params =
      make_add_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point,
                      node.op() == OpCode::sub, range);
  return BinaryStep<FloatAddParams>::create(node, params, {add, "portable"});
}

std::unique_ptr<Step> create_product(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const ClampRange range = node.i8_range(node.attributes<ElementwiseAttributes>().activation);
  if (node.input_index(0) == node.input_index(1) && !node.input(0).constant) {
    node.expect_output_shape(node.input(0).shape);
    return create_table_step(node, square_table(a, y, range));
  }
  const float product = a.scale * b.scale;
  const FloatMulParams params{.z1 = a.zero_point,
                              .z2 = b.zero_point,
                              .zo = y.zero_point,
                              .factor = product / y.scale,
                              .range = range};
  return BinaryStep<FloatMulParams>::create(node, params, {mul, "portable"});
}

}  // namespace octet::int8::xnnpack
