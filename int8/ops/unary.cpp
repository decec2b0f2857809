#include "int8/ops/unary.h"

#include "int8/kernels/dispatch.h"
#include "int8/reference/quantize.h"
#include "int8/reference/relu.h"
#include "int8/reference/sigmoids.h"

namespace octet::int8 {
namespace {

class TableStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    for_chunks(args.threads, args.batch * sample, bytes_per_task,
               [&](std::int64_t begin, std::int64_t end) {
                 kernel.run(table, x + begin, y + begin, end - begin);
               });
  }
  std::int64_t unit_bytes() const noexcept override { return elements_per_unit; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return unit_elements(units, sample);
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    const Range r = unit_elements(units, sample);
    kernel.run(table, args.in_i8(0) + r.begin, args.out_i8() + r.begin, r.size());
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  Table table{};
  std::int64_t sample = 0;
  Kernel<LookupFunction> kernel;
};

/// What most creators need at once.
struct UnaryParams {
  QuantParams in, out;
};
UnaryParams unary_params(const NodeView& node) {
  check_unary(node);
  return {node.i8_activation(0), node.i8_output()};
}

}  // namespace

void check_unary(const NodeView& node) {
  node.expect_operands(1, 1);
  node.i8_activation(0);
  node.i8_output();
  node.expect_output_shape(node.input(0).shape);
}

std::unique_ptr<Step> create_table_step(const NodeView& node, const UnaryCodes& codes) {
  auto step = new_step<TableStep>(node);
  step->table = codes.table();
  step->sample = element_count(node.input(0).shape);
  step->kernel = lookup_kernel(node.isa());
  step->in_place = {0};
  return step;
}

std::unique_ptr<Step> create_logistic(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  node.expect_params(node.output(), {1.0f / 256.0f, -128});
  return create_table_step(node, make_logistic_codes(in.scale, in.zero_point));
}

std::unique_ptr<Step> create_tanh(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  node.expect_params(node.output(), {1.0f / 128.0f, 0});
  return create_table_step(node, make_tanh_codes(in.scale, in.zero_point));
}

std::unique_ptr<Step> create_hard_swish(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  return create_table_step(
      node, make_hard_swish_codes(in.scale, in.zero_point, out.scale, out.zero_point));
}

std::unique_ptr<Step> create_relu(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  return create_table_step(
      node, make_relu_codes(in.scale, in.zero_point, out.scale, out.zero_point, node.rounding()));
}

std::unique_ptr<Step> create_relu6(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  node.expect_same_params(node.input(0), node.output());
  return create_table_step(node, make_relu6_codes(in.scale, in.zero_point));
}

std::unique_ptr<Step> create_leaky_relu(const NodeView& node) {
  const auto [in, out] = unary_params(node);
  const float alpha = node.attributes<LeakyReluAttributes>().alpha;
  return create_table_step(node, make_leaky_relu_codes(in.scale, in.zero_point, out.scale,
                                                       out.zero_point, alpha, node.rounding()));
}

}  // namespace octet::int8
