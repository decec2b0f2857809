#include "int8/ops/unary_step.h"

#include "int8/kernels/dispatch.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {
namespace {

class TableStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    for_tasks(args.threads, args.batch * sample, bytes_per_task,
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

}  // namespace

void check_unary(const NodeView& node) {
  node.expect_operands(1, 1);
  node.i8_activation(0);
  node.i8_output();
  node.expect_output_shape(node.input(0).shape);
}

std::unique_ptr<Step> create_table_step(const NodeView& node, const Table& table) {
  auto step = new_step<TableStep>(node);
  step->inputs = {node.data_input()};
  step->table = table;
  step->sample = element_count(node.output().shape);
  step->kernel = lookup_kernel(node.isa());
  step->in_place = {0};
  return step;
}

Table table_of(const NodeView& node) {
  const UnaryCodes codes = find_unary_op(node.op())->codes(
      {node.i8_activation(0), node.i8_output(), node.rounding(), node.attributes()});
  return codes.table();
}

std::unique_ptr<Step> create_table(const NodeView& node) {
  check_unary(node);
  const UnaryOp& op = *find_unary_op(node.op());
  if (op.keeps_params) node.expect_same_params(node.input(0), node.output());
  if (op.fixed_output) node.expect_params(node.output(), *op.fixed_output);
  return create_table_step(node, table_of(node));
}

}  // namespace octet::int8
