// Means over all elements of a term of prediction and target, and their gradients. Not for users of
// the library.
#pragma once

#include <vector>

#include "core/kernels/common.h"
#include "core/memory_pool.h"
#include "core/tape.h"

namespace octet {

/// Mean of term(x, t), in double.
template <class F>
Tensor mean_of(Context& ctx, std::string_view op, In x, Saved& saved, const F& term) {
  check_inputs(op, x.size(), 2, 2);
  check_real(op, "x", x[0]);
  check_shape(op, "targets", x[1], x[0].shape());
  const std::int64_t n = x[0].numel(), block = 4096;
  OCTET_CHECK(n > 0, op, ": x: expected at least one element, got ", x[0].shape());
  PoolVector<double> partial(static_cast<std::size_t>(ceil_div(n, block)), ctx.pool);
  const real *p = x[0].r(), *t = x[1].r();
  for_blocks(
      ctx, n,
      [&](std::int64_t begin, std::int64_t end) {
        double sum = 0;
        for (std::int64_t i = begin; i < end; ++i) sum += term(double{p[i]}, double{t[i]});
        partial[static_cast<std::size_t>(begin / block)] = sum;
      },
      block);
  double sum = 0;
  for (const double part : partial) sum += part;
  saved.tensors = {x[0], x[1]};
  Tensor y = ctx.empty({1});
  *y.r() = static_cast<real>(sum / static_cast<double>(n));
  return y;
}

/// dx += dy / n slope(x, t).
template <class F>
void add_slopes(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx, const F& slope) {
  if (!dx[0]) return;
  const Tensor& x = saved.tensors[0];
  const real *p = x.r(), *t = saved.tensors[1].r();
  const real scale = dy.item() / static_cast<real>(x.numel());
  real beta;
  real* out = dx[0]->accumulate(x.shape(), ctx, beta);
  for_blocks(ctx, x.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const real g = scale * slope(p[i], t[i]);
      out[i] = beta == 0 ? g : out[i] + g;
    }
  });
}

}  // namespace octet
