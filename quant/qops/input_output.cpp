// QInputOp and QOutputOp.
#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "int8/reference/quantize.h"
#include "quant/kernels/dequantize.h"
#include "quant/lowering.h"
#include "quant/qops/input_output.h"

namespace octet::quant {

namespace {
constexpr std::int64_t task_size = 1 << 14;
}

Tensor QInputOp::forward_float(Context&, In x) const {
  return x[0];
}

Tensor QInputOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  const std::int64_t n = y.numel();
  const float* p = x[0].data<float>();
  auto* q = y.data<std::int8_t>();
  const auto kernel = int8::quantize_kernel(ctx.isa);
  const QuantParams params = out->params;
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    const std::int64_t begin = task * task_size;
    kernel(p + begin, params.scale, params.zero_point, q + begin, std::min(task_size, n - begin));
  });
  saved.tensors = {x[0]};
  saved.extra = params;
  return y;
}

void QInputOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto params = std::any_cast<QuantParams>(saved.extra);
  const Tensor& x = saved.tensors[0];
  Tensor d = ctx.empty(x.shape());
  const float low = params.scale * (-128.5f - static_cast<float>(params.zero_point));
  const float high = params.scale * (127.5f - static_cast<float>(params.zero_point));
  for (std::int64_t i = 0, n = x.numel(); i < n; ++i) {
    const bool inside = x.r()[i] >= low && x.r()[i] <= high;
    d.r()[i] = inside ? dy.r()[i] : real(0);
  }
  dx[0]->add(std::move(d), ctx);
}

int QInputOp::lower(Lowering& l, std::span<const int>, In, const Shape& shape) const {
  const int id = l.add_value(layer, shape, out->params);
  l.graph.inputs.push_back(id);
  return id;
}

Tensor QOutputOp::forward_float(Context&, In x) const {
  return x[0];
}

Tensor QOutputOp::forward_codes(Context& ctx, In x, Saved&, RealRange*) const {
  return dequantize(ctx, x[0], out->params);
}

void QOutputOp::backward_real(Context& ctx, const Saved&, const Tensor& dy, Grads dx) const {
  if (dx[0]) dx[0]->add(dy, ctx);
}

int QOutputOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape&) const {
  l.graph.outputs.push_back(inputs[0]);
  return inputs[0];
}

}  // namespace octet::quant
