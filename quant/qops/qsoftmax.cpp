#include "quant/qops/qsoftmax.h"

#include "core/ops/activations.h"
#include "int8/reference/softmax.h"
#include "int8/reference/xnnpack/float_softmax.h"
#include "quant/kernels/dequantize.h"
#include "quant/lowering.h"

namespace octet::quant {

Tensor QSoftmaxOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  unused.wanted = false;
  return SoftmaxOp().forward(ctx, x, unused);
}

Tensor QSoftmaxOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const std::int64_t depth = x[0].shape()[-1];
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  const auto* p = x[0].data<std::int8_t>();
  auto* q = y.data<std::int8_t>();
  const auto run = [&](const auto& params) {
    ctx.threads.run(x[0].numel() / depth, [&](std::int64_t r, int) {
      softmax_row(params, p + r * depth, q + r * depth, depth);
    });
  };
  if (state->rounding == int8::Rounding::float_rounding) {
    run(int8::xnnpack::Exponentials(1.0f, in->params.scale));
  } else {
    run(int8::make_softmax_params(1.0f, in->params.scale, state->rounding));
  }
  saved.tensors = {x[0]};
  saved.extra = in->params;
  return y;
}

void QSoftmaxOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const SoftmaxOp softmax;
  Saved at_reals;
  const Tensor x =
      dequantize(ctx, saved.tensors[0], std::any_cast<const QuantParams&>(saved.extra));
  softmax.forward(ctx, std::span(&x, 1), at_reals);
  softmax.backward(ctx, at_reals, dy, dx);
}

int QSoftmaxOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::softmax, {inputs[0]}, y, int8::SoftmaxAttributes{});
  return y;
}

}  // namespace octet::quant
