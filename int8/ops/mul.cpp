#include "int8/reference/mul.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/binary.h"
#include "int8/ops/gate.h"
#include "int8/ops/node_view.h"
#include "int8/ops/unary_step.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

MulParams params_of(const NodeView& node) {
  const QuantParams a = node.i8_input(0), b = node.i8_input(1), y = node.i8_output();
  const auto activation = node.attributes<ElementwiseAttributes>().activation;
  return make_mul_params(a.scale, a.zero_point, b.scale, b.zero_point, y.scale, y.zero_point,
                         activation, node.rounding());
}

}  // namespace

std::unique_ptr<Step> create_mul(const NodeView& node) {
  node.expect_operands(2, 2);
  return BinaryStep<MulParams>::create(node, params_of(node), mul_kernel(node.isa()));
}

std::unique_ptr<Step> create_gate(const NodeView& product, int x, const NodeView& table) {
  const MulParams params = params_of(product);
  const Table gate = table_of(table);
  Table codes;
  for (int q = -128; q <= 127; ++q) {
    const auto at = static_cast<std::size_t>(q + 128);
    const auto value = static_cast<std::int8_t>(q);
    codes[at] = params.range.clamp(x == 0 ? preclamp(params, value, gate[at])
                                          : preclamp(params, gate[at], value));
  }
  auto step = create_table_step(product, codes);
  step->inputs = {product.input_index(x)};
  return step;
}

}  // namespace octet::int8
