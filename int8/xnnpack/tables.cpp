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
    const std::int64_t blocks = sample / FarRequantization::block * FarRequantization::block;
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

/// Of the i8 codes of the same reals.
QuantParams i8_params(const TensorDef& t) {
  const QuantParams p = NodeView::code_params(t);
  return {p.scale, i8_zero_point(t.type, p.zero_point)};
}

/// A table of i8 codes for the node's types: as bits, u8 codes are the i8 codes of the same reals
/// half the table away.
Table of_types(const NodeView& node, const UnaryCodes& codes) {
  Table table = codes.table();
  if (node.input(0).type == DType::u8) std::rotate(table.begin(), table.begin() + 128, table.end());
  if (node.output().type == DType::u8) flip_codes(reinterpret_cast<std::byte*>(table.data()), 256);
  return table;
}

}  // namespace

std::unique_ptr<Step> create_function(const NodeView& node) {
  check_unary(node);
  const UnaryArgs args{node.i8_activation(0), node.i8_output(), node.rounding(), node.attributes()};
  return create_table_step(node, unary_codes(node.op(), args).table());
}

std::unique_ptr<Step> create_rescaling(const NodeView& node) {
  node.expect_operands(1, 1);
  OCTET_CHECK(!node.input(0).constant, quoted(node.input(0)),
              ": expected a computed value, got a constant");
  if (node.input(0).type == DType::f32) return create_quantize_floats(node, {quantize, "portable"});
  node.expect_output_shape(node.input(0).shape);
  const UnaryCodes codes = requantize_codes(i8_params(node.input(0)), i8_params(node.output()));
  return create_table_step(node, of_types(node, codes));
}

std::unique_ptr<Step> create_far_rescaling(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  if (!is_codes(x.type) || x.constant) return create_step(all_ops(), node);
  node.expect_output_shape(x.shape);
  const FarRequantization far = make_far_requantization(i8_params(x), i8_params(node.output()));
  auto step = new_step<TwoTablesStep>(node);
  step->sample = element_count(x.shape);
  step->in_blocks = of_types(node, far.in_blocks);
  step->rest = of_types(node, far.rest);
  return step;
}

}  // namespace octet::int8::xnnpack
