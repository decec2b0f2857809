// Operators that are tables of 256 codes.
#include <algorithm>

#include "int8/graph/op_set.h"
#include "int8/ops/catalogue.h"
#include "int8/ops/quantize_floats.h"
#include "int8/ops/unary_step.h"
#include "int8/reference/xnnpack/float_quantize.h"
#include "int8/reference/xnnpack/float_tables.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {
namespace {

/// QUANTIZE in two tables: blocks of 16 codes of a sample, and the rest.
class TwoTablesStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int64_t blocks = sample / 16 * 16;
    for_tasks(args.threads, args.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t s = begin; s < end; ++s) {
        const std::int8_t* x = args.in_i8(0) + s * sample;
        std::int8_t* y = args.out_i8() + s * sample;
        lookup(in_blocks, x, y, blocks);
        lookup(rest, x + blocks, y + blocks, sample - blocks);
      }
    });
  }
  const char* kernel_name() const noexcept override { return "portable"; }

  Table in_blocks{}, rest{};
  std::int64_t sample = 0;
};

Curve curve_of(OpCode op) noexcept {
  return op == OpCode::logistic ? Curve::logistic : op == OpCode::tanh ? Curve::tanh : Curve::elu;
}

}  // namespace

std::unique_ptr<Step> create_curve(const NodeView& node) {
  check_unary(node);
  return create_table_step(
      node, curve_table(curve_of(node.op()), node.i8_activation(0), node.i8_output()));
}

std::unique_ptr<Step> create_leaky_relu(const NodeView& node) {
  check_unary(node);
  return create_table_step(node, leaky_relu_table(node.i8_activation(0), node.i8_output(),
                                                  node.attributes<LeakyReluAttributes>().alpha));
}

std::unique_ptr<Step> create_relu(const NodeView& node) {
  check_unary(node);
  return create_table_step(
      node, relu_table(node.i8_activation(0), node.i8_output(), node.op() == OpCode::relu6));
}

std::unique_ptr<Step> create_rescaling(const NodeView& node) {
  node.expect_operands(1, 1);
  OCTET_CHECK(!node.input(0).constant, quoted(node.input(0)),
              ": expected a computed value, got a constant");
  if (node.input(0).type == DType::f32) return create_quantize_floats(node, {quantize, "portable"});
  node.expect_output_shape(node.input(0).shape);
  const auto params = [](const TensorDef& t) {  // of i8 codes of the same reals
    const QuantParams p = NodeView::code_params(t);
    return QuantParams{p.scale, i8_zero_point(t.type, p.zero_point)};
  };
  Table table = requantize_table(params(node.input(0)), params(node.output()));
  if (node.output().type == DType::u8) {  // whose bits are i8 codes half the table away
    std::rotate(table.begin(), table.begin() + 128, table.end());
    flip_codes(reinterpret_cast<std::byte*>(table.data()), 256);
  }
  return create_table_step(node, table);
}

std::unique_ptr<Step> create_far_rescaling(const NodeView& node) {
  if (node.input(0).type != DType::i8 || node.output().type != DType::i8)
    return create_step(all_ops(), node);
  check_unary(node);
  const QuantParams in = node.i8_activation(0), out = node.i8_output();
  auto step = new_step<TwoTablesStep>(node);
  step->sample = element_count(node.input(0).shape);
  step->in_blocks = far_requantize_table(in, out, true);
  step->rest = far_requantize_table(in, out, false);
  return step;
}

}  // namespace octet::int8::xnnpack
