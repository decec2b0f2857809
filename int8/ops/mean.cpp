// MEAN and SUM.
#include "int8/reference/mean.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/reduction_step.h"

namespace octet::int8 {
namespace {

class MeanStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_results(args, reduction,
                [&](const std::int8_t* x, std::int64_t begin, std::int64_t end, std::int8_t* y) {
                  kernel.run(params, reduction.layout, x, begin, end, y);
                });
  }
  const char* kernel_name() const noexcept override { return kernel.name; }
  std::size_t packed_bytes() const noexcept override { return reduction.packed_bytes(); }

  MeanParams params;
  Reduction reduction;
  Kernel<MeanFunction> kernel;
};

std::unique_ptr<Step> create_with(const NodeView& node, decltype(make_mean_params)& make_params) {
  const QuantParams x = node.i8_activation(0), y = node.i8_output();
  auto step = new_step<MeanStep>(node);
  step->reduction = make_reduction(node);
  const Reduction& r = step->reduction;
  step->params =
      make_params(x.scale, x.zero_point, y.scale, y.zero_point, r.count, node.rounding());
  step->kernel =
      mean_kernel(r.along_rows() ? node.isa() : isa_for_channels(node.isa(), r.layout.inner));
  return step;
}

}  // namespace

std::unique_ptr<Step> create_mean(const NodeView& node) {
  return create_with(node, make_mean_params);
}
std::unique_ptr<Step> create_sum(const NodeView& node) {
  return create_with(node, make_sum_params);
}

}  // namespace octet::int8
