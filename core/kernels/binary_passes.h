// The passes of elementwise functions of two operands, with broadcasting. Not for users of the
// library.
#pragma once

#include <span>

#include "core/grad.h"
#include "core/kernels/broadcast.h"

namespace octet {

/// y = term(a, b) elementwise.
template <class F>
Tensor combine(Context& ctx, std::string_view op, std::span<const Tensor> x, const F& term) {
  check_inputs(op, x.size(), 2, 2);
  check_real(op, "a", x[0]);
  check_real(op, "b", x[1]);
  const real *a = x[0].r(), *b = x[1].r();
  if (x[0].shape() == x[1].shape()) {
    Tensor y = ctx.empty(x[0].shape());
    real* py = y.r();
    for_blocks(ctx, y.numel(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) py[i] = term(a[i], b[i]);
    });
    return y;
  }
  const Broadcast broadcast(op, x[0].shape(), x[1].shape());
  Tensor y = ctx.empty(broadcast.shape());
  real* py = y.r();
  const int a_step = broadcast.a_step(), b_step = broadcast.b_step();
  broadcast.for_pieces(ctx, [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
    if (a_step == 1 && b_step == 1) {
      for (std::int64_t i = 0; i < n; ++i) py[iy + i] = term(a[ia + i], b[ib + i]);
    } else {
      for (std::int64_t i = 0; i < n; ++i) {
        py[iy + i] = term(a[ia + i * a_step], b[ib + i * b_step]);
      }
    }
  });
  return y;
}

/// Adds term(a offset, b offset, y offset) to the gradient of one operand, summed over what was
/// repeated.
template <class F>
void add_operand_gradient(Context& ctx, const Broadcast& broadcast, bool to_a, const Shape& operand,
                          const F& term, Grad& dx) {
  real beta;
  real* out = dx.accumulate(operand, ctx, beta);
  if (operand != broadcast.shape()) {
    broadcast.sum_to(ctx, to_a, operand, term, beta, out);
    return;
  }
  const int a_step = broadcast.a_step(), b_step = broadcast.b_step();
  broadcast.for_pieces(ctx, [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      const real v = term(ia + i * a_step, ib + i * b_step, iy + i);
      out[iy + i] = beta == 0 ? v : out[iy + i] + v;
    }
  });
}

}  // namespace octet
