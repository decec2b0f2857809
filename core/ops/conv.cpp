// The conv2d op, and the choice between depthwise, direct and dense kernels.
#include "core/conv.h"

#include <climits>

#include "core/ops/common.h"
#include "core/ops/conv_direct.h"
#include "core/ops/conv_kernels.h"
#include "core/ops/reduce.h"

namespace octet {
namespace {

bool depthwise(const ConvShape& s) {
  return s.groups == s.in_c && s.groups > 1;
}

}  // namespace

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
  auto* run = depthwise(s) ? depthwise_forward : direct_forward(s);
  (run ? run : dense_forward)(ctx, s, x, w, bias, y);
}

void conv_backward_input(Context& ctx, const ConvShape& s, const ConvWeights& w, const real* dy,
                         real* dx, real beta) {
  auto* run = depthwise(s) ? depthwise_backward_input : direct_backward_input(s);
  (run ? run : dense_backward_input)(ctx, s, w, dy, dx, beta);
}

void conv_backward_weights(Context& ctx, const ConvShape& s, const ConvInput& x, const real* dy,
                           real* dw, real beta) {
  if (depthwise(s)) {
    if (x.reals || s.in_c == s.out_c) {
      depthwise_backward_weights(ctx, s, x, dy, dw, beta);
      return;
    }
  } else if (auto* direct = direct_backward_weights(s)) {
    direct(ctx, s, x, dy, dw, beta);
    return;
  }
  // The others read reals.
  const std::int64_t n = s.batch * s.in_h * s.in_w * s.in_c;
  const Scratch reals(ctx, x.reals ? 0 : n);
  if (!x.reals) {
    for_blocks(ctx, n, [&](std::int64_t begin, std::int64_t end) {
      x.copy(begin, end - begin, reals.get() + begin);
    });
  }
  const real* const source = x.reals ? x.reals : reals.get();
  if (depthwise(s)) {
    depthwise_backward_weights(ctx, s, source, dy, dw, beta);
  } else {
    dense_backward_weights(ctx, s, source, dy, dw, beta);
  }
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

void Conv2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor& x = saved.tensors[0];
  const Tensor& w = saved.tensors[1];
  const ConvShape s = conv_shape(x.shape(), w.shape(), window, groups, name());
  real beta;
  if (dx[0]) {
    real* out = dx[0]->accumulate(x.shape(), ctx, beta);
    conv_backward_input(ctx, s, w.r(), dy.r(), out, beta);
  }
  if (dx[1]) {
    real* out = dx[1]->accumulate(w.shape(), ctx, beta);
    conv_backward_weights(ctx, s, x.r(), dy.r(), out, beta);
  }
  if (dx.size() == 3 && dx[2]) {
    real* out = dx[2]->accumulate({s.out_c}, ctx, beta);
    column_sums(ctx, s.batch * s.out_h * s.out_w, s.out_c, dy.r(), beta, out);
  }
}

Var conv2d(Var x, Var w, const Window2d& window, int groups) {
  return x.tape->record(std::make_shared<Conv2dOp>(window, groups), {x, w});
}

Var conv2d(Var x, Var w, Var b, const Window2d& window, int groups) {
  return x.tape->record(std::make_shared<Conv2dOp>(window, groups), {x, w, b});
}

}  // namespace octet
