// The conv2d op, and the choice between depthwise, direct and dense kernels forward.
#include "core/conv.h"

#include <climits>

#include "core/ops/common.h"
#include "core/ops/conv_direct.h"
#include "core/ops/conv_kernels.h"
#include "core/ops/reduce.h"

namespace octet {

ConvShape conv_shape(const Shape& x, const Shape& w, const Window2d& window, int groups,
                     std::string_view op) {
  OCTET_CHECK(x.rank() == 4, op, ": x: expected [N, H, W, C], got ", x);
  OCTET_CHECK(w.rank() == 4, op, ": w: expected [O, KH, KW, C / groups], got ", w);
  ConvShape s;
  s.batch = x[0];
  s.in_h = x[1];
  s.in_w = x[2];
  s.in_c = x[3];
  s.out_c = w[0];
  s.groups = groups;
  OCTET_CHECK(groups >= 1 && s.in_c >= 1 && s.in_c % groups == 0, op,
              ": groups: expected a divisor of ", s.in_c, " input channels, got ", groups);
  OCTET_CHECK(s.out_c >= 1 && s.out_c % groups == 0, op, ": w: expected a multiple of ", groups,
              " output channels, got ", w);
  const Shape expected{s.out_c, window.kernel_h, window.kernel_w, s.in_c / groups};
  OCTET_CHECK(w == expected, op, ": w: expected ", expected, " for x ", x, " and ",
              window.to_string(), ", groups=", groups, ", got ", w);
  std::tie(s.out_h, s.out_w) = window.output_size(s.in_h, s.in_w, op);
  s.window = window;
  s.window.padding = window.resolve(s.in_h, s.in_w);
  OCTET_CHECK(s.weights_per_channel() <= INT_MAX && s.in_c <= INT_MAX && s.out_c <= INT_MAX, op,
              ": w: too large: ", w);
  return s;
}

void conv_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                  real* y) {
  auto* run = is_depthwise(s) ? depthwise_forward : direct_forward(s);
  (run ? run : dense_forward)(ctx, s, x, w, bias, y);
}

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

bool Conv2dOp::backward_by_pieces(Context& ctx, const Saved& saved, PiecewiseGradient& dy,
                                  Grads dx) const {
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
