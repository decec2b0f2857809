// The conv2d op.
#include "core/kernels/common.h"
#include "core/kernels/conv/float_conv.h"
#include "core/kernels/reduce.h"
#include "core/ops/ops.h"

namespace octet {

std::string Conv2dOp::attributes() const {
  return window.to_string() + ", groups=" + std::to_string(groups);
}

Tensor Conv2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 3);
  check_real(name(), "x", x[0]);
  check_real(name(), "w", x[1]);
  const ConvShape s = conv_shape(x[0].shape(), x[1].shape(), window, groups, name());
  if (x.size() == 3) check_shape(name(), "b", x[2], {s.out_c});
  Tensor y = ctx.empty({s.batch, s.out_h, s.out_w, s.out_c});
  conv_forward(ctx, s, x[0].r(), x[1].r(), x.size() == 3 ? x[2].r() : nullptr, y.r());
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

namespace {

void backward_of(const Conv2dOp& op, Context& ctx, const Saved& saved, const ConvGradient& dy,
                 Grads dx) {
  const Tensor& x = saved.tensors[0];
  const Tensor& w = saved.tensors[1];
  const ConvShape s = conv_shape(x.shape(), w.shape(), op.window, op.groups, op.name());
  conv_backward(ctx, s, x.r(), w.r(), dy, {dx[0], x.shape()}, {dx[1], w.shape()});
}

}  // namespace

void Conv2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  backward_of(*this, ctx, saved, dy.r(), dx);
  if (dx.size() == 3 && dx[2]) {
    real beta;
    const std::int64_t channels = dy.shape()[-1];
    real* out = dx[2]->accumulate({channels}, ctx, beta);
    column_sums(ctx, dy.numel() / channels, channels, dy.r(), beta, out);
  }
}

bool Conv2dOp::backward_tiled(Context& ctx, const Saved& saved, LazyGradient& dy, Grads dx) const {
  if (dx.size() == 3 && dx[2]) return false;  // the bias' gradient is another pass
  backward_of(*this, ctx, saved, dy, dx);
  return true;
}

Var conv2d(Var x, Var w, const Window2d& window, int groups) {
  return x.tape->record(std::make_shared<Conv2dOp>(window, groups), {x, w});
}

Var conv2d(Var x, Var w, Var b, const Window2d& window, int groups) {
  return x.tape->record(std::make_shared<Conv2dOp>(window, groups), {x, w, b});
}

}  // namespace octet
