#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "int8/reference/xnnpack/float_quantize.h"
#include "quant/kernels/dequantize.h"
#include "quant/lowering.h"
#include "quant/qops/input_output.h"

namespace octet::quant {

namespace {
constexpr std::int64_t task_size = 1 << 14;
}

Tensor QQuantizeOp::forward_float(Context&, In x) const {
  return x[0];
}

Tensor QQuantizeOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const {
  if (seen) out->observe(ctx, x[0]);
  const bool in_float = state->rounding == int8::Rounding::float_rounding;
  return quantized(ctx, x, saved,
                   in_float ? int8::xnnpack::quantize : int8::quantize_kernel(ctx.isa).run);
}

Tensor QQuantizeOp::quantized(Context& ctx, In x, Saved& saved,
                              int8::QuantizeFunction* kernel) const {
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  const std::int64_t n = y.numel();
  const float* p = x[0].data<float>();
  auto* q = y.data<std::int8_t>();
  const QuantParams params = out->params;
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    const std::int64_t begin = task * task_size;
    kernel(p + begin, params.scale, params.zero_point, q + begin, std::min(task_size, n - begin));
  });
  saved.tensors = {x[0]};
  saved.extra = params;
  return y;
}

void QQuantizeOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy,
                                Grads dx) const {
  if (!dx[0]) return;
  const auto params = std::any_cast<QuantParams>(saved.extra);
  const Tensor& x = saved.tensors[0];
  Tensor d = ctx.empty(x.shape());
  const float low = params.scale * (-128.5f - static_cast<float>(params.zero_point));
  const float high = params.scale * (127.5f - static_cast<float>(params.zero_point));
  const real *px = x.r(), *g = dy.r();
  real* to = d.r();
  const std::int64_t n = x.numel();
  ctx.threads.run((n + task_size - 1) / task_size, [&](std::int64_t task, int) {
    for (std::int64_t i = task * task_size; i < std::min(n, (task + 1) * task_size); ++i) {
      to[i] = px[i] >= low && px[i] <= high ? g[i] : real(0);
    }
  });
  dx[0]->add(std::move(d), ctx);
}

int QQuantizeOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int id = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::quantize, {inputs[0]}, id, {});
  return id;
}

Tensor QInputOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  return quantized(ctx, x, saved, int8::quantize_kernel(ctx.isa).run);
}

int QInputOp::lower(Lowering& l, std::span<const int>, In, const Shape& shape) const {
  const int id = l.add_value(layer, shape, out->params);
  l.graph.inputs.push_back(id);
  return id;
}

Tensor QDequantizeOp::forward_float(Context&, In x) const {
  return x[0];
}

Tensor QDequantizeOp::forward_codes(Context& ctx, In x, Saved&, RealRange*) const {
  return in ? dequantize(ctx, x[0], in->params) : x[0];
}

void QDequantizeOp::backward_real(Context& ctx, const Saved&, const Tensor& dy, Grads dx) const {
  if (dx[0]) dx[0]->add(dy, ctx);
}

int QDequantizeOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int id = l.add_floats(layer, shape);
  l.add_node(int8::OpCode::dequantize, {inputs[0]}, id, {});
  return id;
}

int QOutputOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape&) const {
  l.graph.outputs.push_back(inputs[0]);
  return inputs[0];
}

}  // namespace octet::quant
