// Transposed convolution: the passes of conv2d with forward and backward exchanged.
#include "core/ops/conv_transpose.h"
#include "core/kernels/common.h"
#include "core/kernels/reduce.h"
#include "core/kernels/strided_copy.h"

namespace octet {

ConvTranspose2dOp::ConvTranspose2dOp(const Window2d& w, int eh, int ew, int g)
    : window(w), extra_h(eh), extra_w(ew), groups(g) {
  OCTET_CHECK(w.kernel_h >= 1 && w.kernel_w >= 1 && w.stride_h >= 1 && w.stride_w >= 1 &&
                  w.dilation_h >= 1 && w.dilation_w >= 1 && g >= 1,
              "conv_transpose2d: expected a kernel, stride, dilation and groups >= 1, got ",
              w.to_string(), " and ", g);
  OCTET_CHECK(eh >= 0 && eh < std::max(w.stride_h, w.dilation_h) && ew >= 0 &&
                  ew < std::max(w.stride_w, w.dilation_w),
              "conv_transpose2d: expected 0 <= extra rows and columns < stride or dilation, got ",
              eh, " and ", ew, " with ", w.to_string());
  const Padding2d& p = w.padding;
  OCTET_CHECK(
      p.same ? eh == 0 && ew == 0 : p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0,
      "conv_transpose2d: expected pads >= 0, or SAME without extra rows, got ", w.to_string());
}

std::string ConvTranspose2dOp::attributes() const {
  return window.to_string() + ", extra=" + std::to_string(extra_h) + "x" + std::to_string(extra_w) +
         (groups == 1 ? "" : ", groups=" + std::to_string(groups));
}

ConvShape conv_transpose_shape(const Shape& x, const Shape& w, const ConvTranspose2dOp& op,
                               std::string_view name) {
  OCTET_CHECK(x.rank() == 4 && x[1] > 0 && x[2] > 0 && x[3] > 0, name,
              ": x: expected [N, H, W, C] with H, W and C of at least 1, got ", x);
  const Window2d& window = op.window;
  OCTET_CHECK(x[3] % op.groups == 0, name, ": x ", x, ": expected channels that divide into ",
              op.groups, " groups");
  OCTET_CHECK(w.rank() == 4 && w[1] == window.kernel_h && w[2] == window.kernel_w &&
                  w[3] == x[3] / op.groups && w[0] % op.groups == 0,
              name, ": w: expected [O, ", window.kernel_h, ", ", window.kernel_w, ", ",
              x[3] / op.groups, "], got ", w);
  OCTET_CHECK(w[0] >= 1, name, ": w: expected at least one output channel, got ", w);
  ConvShape s;
  s.batch = x[0];
  s.out_h = x[1];
  s.out_w = x[2];
  s.out_c = x[3];
  s.in_c = w[0];
  s.groups = op.groups;
  const std::int64_t reach_h = std::int64_t{window.kernel_h - 1} * window.dilation_h + 1;
  const std::int64_t reach_w = std::int64_t{window.kernel_w - 1} * window.dilation_w + 1;
  const Padding2d& p = window.padding;
  if (p.same) {
    s.in_h = x[1] * window.stride_h;
    s.in_w = x[2] * window.stride_w;
  } else {
    s.in_h = (x[1] - 1) * window.stride_h + reach_h - p.top - p.bottom + op.extra_h;
    s.in_w = (x[2] - 1) * window.stride_w + reach_w - p.left - p.right + op.extra_w;
  }
  OCTET_CHECK(s.in_h > 0 && s.in_w > 0, name, ": x ", x, ": nothing is left inside the padding of ",
              window.to_string());
  set_window(s, window);
  return s;
}

Tensor swap_channels(Context& ctx, const Tensor& w, int groups) {
  const Shape& s = w.shape();
  const std::int64_t a = s[0] / groups, taps = s[1] * s[2], b = s[3];  // of a group
  Tensor out = ctx.empty({b * groups, s[1], s[2], a});
  StridedCopy(
      {{groups, a * taps * b, b * taps * a}, {b, 1, taps * a}, {taps, b, a}, {a, taps * b, 1}}, 0,
      0)
      .copy(ctx, w.r(), out.r());
  return out;
}

Tensor ConvTranspose2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 3);
  check_real(name(), "x", x[0]);
  check_real(name(), "w", x[1]);
  const ConvShape s = conv_transpose_shape(x[0].shape(), x[1].shape(), *this);
  if (x.size() > 2) check_shape(name(), "b", x[2], {s.in_c});
  Tensor y = ctx.empty({s.batch, s.in_h, s.in_w, s.in_c});
  const Tensor w = swap_channels(ctx, x[1], groups);
  conv_backward_input(ctx, s, w.r(), x[0].r(), y.r(), real(0));
  if (x.size() > 2) {
    const real* bias = x[2].r();
    real* py = y.r();
    for_blocks(
        ctx, y.numel() / s.in_c,
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            for (std::int64_t c = 0; c < s.in_c; ++c) py[r * s.in_c + c] += bias[c];
          }
        },
        256);
  }
  saved.tensors = {x[0], x[1]};
  return y;
}

void ConvTranspose2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy,
                                 Grads dx) const {
  const Tensor &x = saved.tensors[0], &weight = saved.tensors[1];
  const ConvShape s = conv_transpose_shape(x.shape(), weight.shape(), *this);
  if (dx[0]) {
    const Tensor w = swap_channels(ctx, weight, groups);
    Tensor d = ctx.empty(x.shape());
    conv_forward(ctx, s, dy.r(), w.r(), nullptr, d.r());
    dx[0]->add(std::move(d), ctx);
  }
  if (dx[1]) {
    Tensor d = ctx.empty({s.out_c, s.kernel_h, s.kernel_w, s.in_c / groups});
    conv_backward_weights(ctx, s, dy.r(), x.r(), d.r(), real(0));
    dx[1]->add(swap_channels(ctx, d, groups), ctx);
  }
  if (dx.size() > 2 && dx[2]) {
    real beta;
    real* out = dx[2]->accumulate({s.in_c}, ctx, beta);
    column_sums(ctx, dy.numel() / s.in_c, s.in_c, dy.r(), beta, out);
  }
}

Var conv_transpose2d(Var x, Var w, const Window2d& window, int extra_h, int extra_w, int groups) {
  return x.tape->record(std::make_shared<ConvTranspose2dOp>(window, extra_h, extra_w, groups),
                        {x, w});
}

Var conv_transpose2d(Var x, Var w, Var b, const Window2d& window, int extra_h, int extra_w,
                     int groups) {
  return x.tape->record(std::make_shared<ConvTranspose2dOp>(window, extra_h, extra_w, groups),
                        {x, w, b});
}

}  // namespace octet
