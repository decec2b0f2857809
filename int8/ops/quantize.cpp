#include <algorithm>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/node_view.h"
#include "int8/ops/quantize_floats.h"
#include "int8/ops/unary_step.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/quantize.h"

namespace octet::int8 {
namespace {

/// From floats.
class QuantizeStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * sample, elements_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                quantize(args, {begin, end});
              });
  }
  std::int64_t unit_bytes() const noexcept override { return elements_per_unit; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    const Range r = unit_elements(units, sample);
    return {r.begin * 4, r.end * 4};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    quantize(args, unit_elements(units, sample));
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  std::int64_t sample = 0;
  DType type = DType::i8;
  QuantParams out;  ///< of i8 codes of the same reals
  Kernel<QuantizeFunction> kernel;

 private:
  void quantize(const RunArgs& args, Range r) const noexcept {
    kernel.run(reinterpret_cast<const float*>(args.in[0]) + r.begin, out.scale, out.zero_point,
               args.out_i8() + r.begin, r.size());
    if (type == DType::u8) flip_codes(args.out[0] + r.begin, r.size());
  }
};

class DequantizeStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * sample, elements_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                dequantize(args, {begin, end});
              });
  }
  std::int64_t unit_bytes() const noexcept override { return elements_per_unit * 4; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return unit_elements(units, sample);
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    dequantize(args, unit_elements(units, sample));
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  std::int64_t sample = 0;
  QuantParams in;
  Kernel<DequantizeFunction> kernel;

 private:
  void dequantize(const RunArgs& args, Range r) const noexcept {
    kernel.run(args.in_i8(0) + r.begin, in.scale, in.zero_point,
               reinterpret_cast<float*>(args.out[0]) + r.begin, r.size());
  }
};

/// From codes of either type to codes of either type.
Table requantize_table(const NodeView& node) {
  const TensorDef &x = node.input(0), &y = node.output();
  const QuantParams in = NodeView::code_params(x), out = NodeView::code_params(y);
  const UnaryCodes codes =
      make_requantize_codes(in.scale, i8_zero_point(x.type, in.zero_point), out.scale,
                            i8_zero_point(y.type, out.zero_point), node.rounding());
  // Of i8 codes to i8 codes so far. The bits of a u8 code are an i8 code half the table away.
  Table table = codes.table();
  if (x.type == DType::u8) std::rotate(table.begin(), table.begin() + 128, table.end());
  if (y.type == DType::u8) flip_codes(reinterpret_cast<std::byte*>(table.data()), 256);
  return table;
}

}  // namespace

std::unique_ptr<Step> create_quantize_floats(const NodeView& node,
                                             Kernel<QuantizeFunction> kernel) {
  const TensorDef &x = node.input(0), &y = node.output();
  const QuantParams out = NodeView::code_params(y);
  node.expect_output_shape(x.shape);
  auto step = new_step<QuantizeStep>(node);
  step->sample = element_count(x.shape);
  step->type = y.type;
  step->out = {out.scale, i8_zero_point(y.type, out.zero_point)};
  step->kernel = kernel;
  return step;
}

std::unique_ptr<Step> create_quantize(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  OCTET_CHECK((x.type == DType::f32 || is_codes(x.type)) && !x.constant, quoted(x),
              ": expected a computed value of type f32, i8 or u8, got ",
              x.constant ? "a constant of type " : "type ", dtype_name(x.type));
  if (x.type == DType::f32) return create_quantize_floats(node, quantize_kernel(node.isa()));
  const Table table = requantize_table(node);
  node.expect_output_shape(x.shape);
  return create_table_step(node, table);
}

std::unique_ptr<Step> create_dequantize(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef &x = node.input(0), &y = node.output();
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  const QuantParams in = NodeView::code_params(x);
  OCTET_CHECK(y.type == DType::f32, quoted(y), ": expected type f32, got ", dtype_name(y.type));
  node.expect_output_shape(x.shape);
  auto step = new_step<DequantizeStep>(node);
  step->sample = element_count(y.shape);
  step->in = in;
  step->kernel = x.type == DType::u8 ? Kernel<DequantizeFunction>{dequantize_u8, "portable"}
                                     : dequantize_kernel(node.isa());
  return step;
}

}  // namespace octet::int8
