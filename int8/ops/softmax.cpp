#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/node_view.h"
#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/scales.h"
#include "int8/reference/softmax.h"

namespace octet::int8 {
namespace {

class SoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const std::int64_t rows_per_task = std::max<std::int64_t>(1, 4096 / depth);
    for_tasks(args.threads, args.batch * rows, rows_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                  kernel.run(params, x + r * depth, y + r * depth, depth);
                }
              });
  }
  std::int64_t unit_bytes() const noexcept override { return depth; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * depth, units.end * depth};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    for (std::int64_t r = units.begin; r < units.end; ++r) {
      kernel.run(params, args.in_i8(0) + r * depth, args.out_i8() + r * depth, depth);
    }
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  SoftmaxParams params;
  Kernel<SoftmaxFunction> kernel;
  std::int64_t rows = 1, depth = 1;
};

}  // namespace

std::unique_ptr<Step> create_softmax(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  const QuantParams in = node.i8_activation(0);
  node.expect_params(node.output(), softmax_params);
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty(), quoted(x), ": expected at least one dimension");
  auto step = new_step<SoftmaxStep>(node);
  step->params =
      make_softmax_params(node.attributes<SoftmaxAttributes>().beta, in.scale, node.rounding());
  step->kernel = softmax_kernel(node.isa());
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  step->in_place = {0};
  return step;
}

}  // namespace octet::int8
