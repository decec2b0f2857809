// x where x >= 0, alpha[c] x elsewhere.
#include "core/kernels/common.h"
#include "core/kernels/reduce.h"
#include "core/ops/activations.h"

namespace octet {

Tensor PreluOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 2);
  check_real(name(), "x", x[0]);
  OCTET_CHECK(x[0].shape().rank() >= 1, "prelu: x: expected [..., C], got ", x[0].shape());
  const std::int64_t channels = x[0].shape()[-1];
  check_shape(name(), "alpha", x[1], {channels});
  Tensor y = ctx.empty(x[0].shape());
  const real *px = x[0].r(), *alpha = x[1].r();
  real* py = y.r();
  for_blocks(
      ctx, y.numel() / std::max<std::int64_t>(channels, 1),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const real v = px[r * channels + c];
            py[r * channels + c] = v < 0 ? alpha[c] * v : v;
          }
        }
      },
      256);
  saved.tensors = {x[0], x[1]};
  return y;
}

void PreluOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor &x = saved.tensors[0], &alpha = saved.tensors[1];
  const std::int64_t channels = alpha.numel();
  const std::int64_t rows = x.numel() / std::max<std::int64_t>(channels, 1);
  const real *px = x.r(), *a = alpha.r(), *g = dy.r();
  if (dx[0]) {
    real beta;
    real* out = dx[0]->accumulate(x.shape(), ctx, beta);
    for_blocks(
        ctx, rows,
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t r = begin; r < end; ++r) {
            for (std::int64_t c = 0; c < channels; ++c) {
              const std::int64_t i = r * channels + c;
              const real v = px[i] < 0 ? a[c] * g[i] : g[i];
              out[i] = beta == 0 ? v : out[i] + v;
            }
          }
        },
        256);
  }
  if (dx[1]) {
    const Scratch products(ctx, x.numel());
    for_blocks(ctx, x.numel(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        products.get()[i] = px[i] < 0 ? px[i] * g[i] : real(0);
      }
    });
    real beta;
    real* out = dx[1]->accumulate(alpha.shape(), ctx, beta);
    column_sums(ctx, rows, channels, products.get(), beta, out);
  }
}

Var prelu(Var x, Var alpha) {
  return x.tape->record(std::make_shared<PreluOp>(), {x, alpha});
}

}  // namespace octet
