// MEAN, SUM, SOFTMAX, LOG_SOFTMAX and RESIZE_BILINEAR.
#include "int8/ops/reduction_step.h"
#include "int8/ops/resize_bilinear.h"
#include "int8/ops/softmax_step.h"
#include "int8/reference/scales.h"
#include "int8/reference/xnnpack/float_log_softmax.h"
#include "int8/reference/xnnpack/float_mean.h"
#include "int8/reference/xnnpack/float_resize.h"
#include "int8/reference/xnnpack/float_softmax.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {
namespace {

Kernel<BilinearFunction> bilinear_kernel(Isa) {
  return {int8::bilinear_row, "portable"};
}

}  // namespace

std::unique_ptr<Step> create_mean_or_sum(const NodeView& node) {
  const QuantParams x = node.i8_activation(0), y = node.i8_output();
  auto step = new_step<MeanStep<FloatMeanParams>>(node);
  step->reduction = make_reduction(node);
  const std::int64_t count = step->reduction.count;
  OCTET_CHECK(count >= 1 && count <= 1 << 22, "expected to reduce 1 to 2^22 elements, got ", count);
  step->params = make_float_mean_params(x, y, count, node.op() == OpCode::mean);
  step->kernel = {mean, "portable"};
  return step;
}

std::unique_ptr<Step> create_row_softmax(const NodeView& node) {
  check_softmax(node, softmax_params);
  const Exponentials table(node.attributes<SoftmaxAttributes>().beta, node.i8_activation(0).scale);
  return create_softmax_step<Exponentials>(node, table, {softmax_row, "portable"});
}

std::unique_ptr<Step> create_row_log_softmax(const NodeView& node) {
  check_softmax(node, {16.0f / 256.0f, 127});
  const float scale = node.i8_activation(0).scale;
  return create_softmax_step<FloatLogSoftmaxParams>(node, {{1.0f, scale}, scale},
                                                    {log_softmax_row, "portable"});
}

std::unique_ptr<Step> create_bilinear_resize(const NodeView& node) {
  return create_bilinear(node, bilinear_taps, bilinear_kernel);
}

}  // namespace octet::int8::xnnpack
