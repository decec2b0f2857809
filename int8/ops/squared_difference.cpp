#include "int8/reference/squared_difference.h"

#include "int8/ops/binary.h"

namespace octet::int8 {

std::unique_ptr<Step> create_squared_difference(const NodeView& node) {
  node.expect_operands(2, 2);
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  return BinaryStep<SquaredDifferenceParams>::create(
      node,
      make_squared_difference_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale,
                                     y.zero_point, node.rounding()),
      {squared_difference, "portable"});
}

}  // namespace octet::int8
