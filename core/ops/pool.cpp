// Max and average pooling. One task per image; channels are the inner loop.
#include "core/kernels/common.h"
#include "core/kernels/pool_rows.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

PoolShape pool_shape(const Window2d& window, const Shape& in, std::string_view op) {
  OCTET_CHECK(in.rank() == 4, op, ": x: expected [N, H, W, C], got ", in);
  const auto [out_h, out_w] = window.output_size(in[1], in[2], op);
  const Padding2d p = window.resolve(in[1], in[2]);
  return {{in[1], out_h, window.stride_h, -p.top, window.dilation_h, window.kernel_h},
          {in[2], out_w, window.stride_w, -p.left, window.dilation_w, window.kernel_w},
          in[3]};
}

// Throws Error if some window has no pixel of the image.
void check_overlap(const GatherAxis& a, const char* side, const Shape& in, std::string_view op) {
  for (std::int64_t q = 0; q < a.grid; ++q) {
    const auto [lo, hi] = a.inside(q);
    OCTET_CHECK(lo < hi, op, ": window ", side, " ", q, " lies in the padding of x ", in,
                ": expected at least one pixel in each");
  }
}

Tensor checked(Context& ctx, std::string_view op, In x, const PoolShape& s) {
  const Shape& in = x[0].shape();
  check_overlap(s.h, "row", in, op);
  check_overlap(s.w, "column", in, op);
  return ctx.empty({in[0], s.h.grid, s.w.grid, s.channels});
}

}  // namespace

std::string MaxPool2dOp::attributes() const {
  return window.to_string();
}

// Saves which tap won, one int32 an output value.
Tensor MaxPool2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_rank(name(), "x", x[0], 4, "[N, H, W, C]");
  const PoolShape s = pool_shape(window, x[0].shape(), name());
  Tensor y = checked(ctx, name(), x, s);
  Tensor winner = saved.wanted ? ctx.empty(y.shape(), ElementType::i32) : Tensor();
  const real* px = x[0].r();
  real* py = y.r();
  std::int32_t* pw = saved.wanted ? winner.data<std::int32_t>() : nullptr;
  ctx.threads.run(x[0].shape()[0], [&](std::int64_t n, int) {
    max_pool_image(ctx.isa, {s, px + n * s.in_size(), py + n * s.out_size(),
                             pw ? pw + n * s.out_size() : nullptr});
  });
  if (saved.wanted) {
    saved.tensors = {winner};
    saved.extra = x[0].shape();
  }
  return y;
}

void MaxPool2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Shape& in = std::any_cast<const Shape&>(saved.extra);
  const PoolShape s = pool_shape(window, in, name());
  real beta;
  real* out = dx[0]->accumulate(in, ctx, beta);
  const real* pdy = dy.r();
  const std::int32_t* winner = saved.tensors[0].data<std::int32_t>();
  ctx.threads.run(in[0], [&](std::int64_t n, int) {
    real* image = out + n * s.in_size();
    if (beta == 0) std::fill_n(image, s.in_size(), real(0));
    max_pool_image_backward({s, pdy + n * s.out_size(), winner + n * s.out_size(), image});
  });
}

std::string AvgPool2dOp::attributes() const {
  return window.to_string() + ", count_include_pad=" + (count_include_pad ? "true" : "false");
}

Tensor AvgPool2dOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_rank(name(), "x", x[0], 4, "[N, H, W, C]");
  const PoolShape s = pool_shape(window, x[0].shape(), name());
  Tensor y = checked(ctx, name(), x, s);
  const real* px = x[0].r();
  real* py = y.r();
  ctx.threads.run(x[0].shape()[0], [&](std::int64_t n, int) {
    avg_pool_image(ctx.isa, {s, count_include_pad, px + n * s.in_size(), py + n * s.out_size()});
  });
  saved.extra = x[0].shape();
  return y;
}

void AvgPool2dOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Shape& in = std::any_cast<const Shape&>(saved.extra);
  const PoolShape s = pool_shape(window, in, name());
  real beta;
  real* out = dx[0]->accumulate(in, ctx, beta);
  const real* pdy = dy.r();
  ctx.threads.run(in[0], [&](std::int64_t n, int) {
    real* image = out + n * s.in_size();
    if (beta == 0) std::fill_n(image, s.in_size(), real(0));
    avg_pool_image_backward(ctx.isa, {s, count_include_pad, pdy + n * s.out_size(), image});
  });
}

Var max_pool2d(Var x, const Window2d& window) {
  return x.tape->record(std::make_shared<MaxPool2dOp>(window), {x});
}

Var avg_pool2d(Var x, const Window2d& window, bool count_include_pad) {
  return x.tape->record(std::make_shared<AvgPool2dOp>(window, count_include_pad), {x});
}

}  // namespace octet
