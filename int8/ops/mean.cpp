// MEAN and SUM.
#include "int8/reference/mean.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/reduction_step.h"

namespace octet::int8 {
namespace {

std::unique_ptr<Step> create_with(const NodeView& node, decltype(make_mean_params)& make_params) {
  const QuantParams x = node.i8_activation(0), y = node.i8_output();
  auto step = new_step<MeanStep<MeanParams>>(node);
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
