#include <cmath>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/node_view.h"
#include "int8/ops/unary.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/quantize.h"

namespace octet::int8 {
namespace {

class QuantizeStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    std::int8_t* y = args.out_i8();
    for_chunks(args.threads, args.batch * sample, elements_per_task,
               [&](std::int64_t begin, std::int64_t end) {
                 kernel.run(x + begin, out.scale, out.zero_point, y + begin, end - begin);
               });
  }
  std::int64_t unit_bytes() const noexcept override { return elements_per_unit; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    const Range r = unit_elements(units, sample);
    return {r.begin * 4, r.end * 4};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    const Range r = unit_elements(units, sample);
    kernel.run(reinterpret_cast<const float*>(args.in[0]) + r.begin, out.scale, out.zero_point,
               args.out_i8() + r.begin, r.size());
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  std::int64_t sample = 0;
  QuantParams out;
  Kernel<QuantizeFunction> kernel;
};

class DequantizeStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    auto* y = reinterpret_cast<float*>(args.out[0]);
    for_chunks(args.threads, args.batch * sample, elements_per_task,
               [&](std::int64_t begin, std::int64_t end) {
                 kernel.run(x + begin, in.scale, in.zero_point, y + begin, end - begin);
               });
  }
  std::int64_t unit_bytes() const noexcept override { return elements_per_unit * 4; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return unit_elements(units, sample);
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    const Range r = unit_elements(units, sample);
    kernel.run(args.in_i8(0) + r.begin, in.scale, in.zero_point,
               reinterpret_cast<float*>(args.out[0]) + r.begin, r.size());
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  std::int64_t sample = 0;
  QuantParams in;
  Kernel<DequantizeFunction> kernel;
};

}  // namespace

std::unique_ptr<Step> create_quantize(const NodeView& node) {
  node.expect_operands(1, 1);
  const QuantParams out = node.i8_output();
  if (node.input(0).type == DType::i8) {
    check_unary(node);
    const QuantParams in = node.i8_activation(0);
    return create_table_step(node, make_requantize_codes(in.scale, in.zero_point, out.scale,
                                                         out.zero_point, node.rounding()));
  }
  const TensorDef& x = node.input(0);
  OCTET_CHECK(x.type == DType::f32 && !x.constant, quoted(x),
              ": expected a computed value of type f32 or i8, got ",
              x.constant ? "a constant of type " : "type ", dtype_name(x.type));
  node.expect_output_shape(x.shape);
  auto step = new_step<QuantizeStep>(node);
  step->sample = element_count(x.shape);
  step->out = out;
  step->kernel = quantize_kernel(node.isa());
  return step;
}

std::unique_ptr<Step> create_dequantize(const NodeView& node) {
  node.expect_operands(1, 1);
  const QuantParams in = node.i8_activation(0);
  const TensorDef& y = node.output();
  OCTET_CHECK(y.type == DType::f32, quoted(y), ": expected type f32, got ", dtype_name(y.type));
  node.expect_output_shape(node.input(0).shape);
  auto step = new_step<DequantizeStep>(node);
  step->sample = element_count(y.shape);
  step->in = in;
  step->kernel = dequantize_kernel(node.isa());
  return step;
}

}  // namespace octet::int8
