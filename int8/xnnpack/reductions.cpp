// MEAN, SUM, SOFTMAX and RESIZE_BILINEAR.
#include "int8/ops/reduction_step.h"
#include "int8/ops/resize_bilinear.h"
#include "int8/reference/scales.h"
#include "int8/reference/xnnpack/float_mean.h"
#include "int8/reference/xnnpack/float_resize.h"
#include "int8/reference/xnnpack/float_softmax.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {
namespace {

class MeanStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_results(args, reduction,
                [&](const std::int8_t* x, std::int64_t begin, std::int64_t end, std::int8_t* y) {
                  mean(params, reduction.layout, x, begin, end, y);
                });
  }
  const char* kernel_name() const noexcept override { return "portable"; }
  std::size_t packed_bytes() const noexcept override { return reduction.packed_bytes(); }

  FloatMeanParams params;
  Reduction reduction;
};

class SoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int64_t rows_per_task = std::max<std::int64_t>(1, 4096 / depth);
    for_tasks(args.threads, args.batch * rows, rows_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r)
                  softmax_row(table, args.in_i8(0) + r * depth, args.out_i8() + r * depth, depth);
              });
  }
  const char* kernel_name() const noexcept override { return "portable"; }

  Exponentials table{};
  std::int64_t rows = 1, depth = 1;
};

Kernel<BilinearFunction> bilinear_kernel(Isa) {
  return {bilinear_row, "portable"};
}

}  // namespace

std::unique_ptr<Step> create_mean_or_sum(const NodeView& node) {
  const QuantParams x = node.i8_activation(0), y = node.i8_output();
  auto step = new_step<MeanStep>(node);
  step->reduction = make_reduction(node);
  const std::int64_t count = step->reduction.count;
  OCTET_CHECK(count >= 1 && count <= 1 << 22, "expected to reduce 1 to 2^22 elements, got ", count);
  step->params = make_float_mean_params(x, y, count, node.op() == OpCode::mean);
  return step;
}

std::unique_ptr<Step> create_row_softmax(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  const QuantParams in = node.i8_activation(0);
  node.expect_params(node.output(), softmax_params);
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty(), quoted(x), ": expected at least one dimension");
  auto step = new_step<SoftmaxStep>(node);
  step->table = make_exponentials(node.attributes<SoftmaxAttributes>().beta, in.scale);
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  return step;
}

std::unique_ptr<Step> create_bilinear_resize(const NodeView& node) {
  return create_bilinear(node, bilinear_taps, bilinear_kernel);
}

}  // namespace octet::int8::xnnpack
