#include "quant/qops/qdropout.h"

#include "quant/lowering.h"

namespace octet::quant {

Tensor QDropoutOp::forward_float(Context&, In x) const {
  return x[0];
}

Tensor QDropoutOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  if (!ctx.training || dropout->p == 0) return x[0];
  const Tensor mask = dropout_mask(ctx, *dropout, x[0].shape());
  Tensor y = ctx.empty(x[0].shape(), ElementType::i8);
  const auto* q = x[0].data<std::int8_t>();
  const auto* kept = mask.data<std::uint8_t>();
  const auto zero = static_cast<std::int8_t>(out->params.zero_point);
  auto* codes = y.data<std::int8_t>();
  for (std::int64_t i = 0, n = y.numel(); i < n; ++i) codes[i] = kept[i] ? q[i] : zero;
  saved.tensors = {mask};
  return y;
}

void QDropoutOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  if (saved.tensors.empty()) {
    dx[0]->add(dy, ctx);
    return;
  }
  const auto* kept = saved.tensors[0].data<std::uint8_t>();
  const real scale = static_cast<real>(1 / dropout->keep());
  Tensor d = ctx.empty(dy.shape());
  for (std::int64_t i = 0, n = dy.numel(); i < n; ++i) {
    d.r()[i] = kept[i] ? scale * dy.r()[i] : real(0);
  }
  dx[0]->add(std::move(d), ctx);
}

int QDropoutOp::lower(Lowering&, std::span<const int> inputs, In, const Shape&) const {
  return inputs[0];
}

}  // namespace octet::quant
