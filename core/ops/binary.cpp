// a - b and a b with broadcasting.
#include "core/ops.h"
#include "core/ops/broadcast.h"

namespace octet {
namespace {

/// y = term(a, b) elementwise.
template <class F>
Tensor combine(Context& ctx, std::string_view op, In x, const F& term) {
  check_inputs(op, x.size(), 2, 2);
  check_real(op, "a", x[0]);
  check_real(op, "b", x[1]);
  const Broadcast broadcast(op, x[0].shape(), x[1].shape());
  Tensor y = ctx.empty(broadcast.shape());
  const real *a = x[0].r(), *b = x[1].r();
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

}  // namespace

Tensor SubOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a - b; });
  saved.extra = std::pair(x[0].shape(), x[1].shape());
  return y;
}

void sub_backward(Context& ctx, const Shape& a, const Shape& b, const Tensor& dy, Grads dx) {
  const Broadcast broadcast("sub", a, b);
  const real* g = dy.r();
  if (dx[0] && a == dy.shape()) {
    dx[0]->add(dy, ctx);
  } else if (dx[0]) {
    real beta;
    real* out = dx[0]->accumulate(a, ctx, beta);
    broadcast.sum_to(
        ctx, true, a, [&](auto, auto, std::int64_t i) { return g[i]; }, beta, out);
  }
  if (dx[1]) {
    real beta;
    real* out = dx[1]->accumulate(b, ctx, beta);
    broadcast.sum_to(
        ctx, false, b, [&](auto, auto, std::int64_t i) { return -g[i]; }, beta, out);
  }
}

void SubOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& [a, b] = std::any_cast<const std::pair<Shape, Shape>&>(saved.extra);
  sub_backward(ctx, a, b, dy, dx);
}

Tensor MulOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a * b; });
  saved.tensors = {x[0], x[1]};
  return y;
}

void mul_backward(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& dy, Grads dx) {
  const Broadcast broadcast("mul", a.shape(), b.shape());
  const real *pa = a.r(), *pb = b.r(), *g = dy.r();
  const int a_step = broadcast.a_step(), b_step = broadcast.b_step();
  for (std::size_t side = 0; side < 2; ++side) {
    if (!dx[side]) continue;
    const Tensor& operand = side == 0 ? a : b;
    real beta;
    real* out = dx[side]->accumulate(operand.shape(), ctx, beta);
    if (operand.shape() == broadcast.shape()) {  // the other operand may repeat
      broadcast.for_pieces(ctx,
                           [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
                             const real* other = side == 0 ? pb + ib : pa + ia;
                             const int step = side == 0 ? b_step : a_step;
                             for (std::int64_t i = 0; i < n; ++i) {
                               const real v = g[iy + i] * other[i * step];
                               out[iy + i] = beta == 0 ? v : out[iy + i] + v;
                             }
                           });
    } else if (side == 0) {
      broadcast.sum_to(
          ctx, true, a.shape(),
          [&](auto, std::int64_t ib, std::int64_t i) { return g[i] * pb[ib]; }, beta, out);
    } else {
      broadcast.sum_to(
          ctx, false, b.shape(),
          [&](std::int64_t ia, auto, std::int64_t i) { return g[i] * pa[ia]; }, beta, out);
    }
  }
}

void MulOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  mul_backward(ctx, saved.tensors[0], saved.tensors[1], dy, dx);
}

Var operator-(Var a, Var b) {
  return a.tape->record(std::make_shared<SubOp>(), {a, b});
}

Var operator*(Var a, Var b) {
  return a.tape->record(std::make_shared<MulOp>(), {a, b});
}

Var operator*(Var a, real b) {
  return a * a.tape->constant(Tensor::full({1}, b));
}

}  // namespace octet
