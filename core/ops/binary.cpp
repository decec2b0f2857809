// a + b, a - b, a b, and the smaller and the larger of a and b, with broadcasting.
#include "core/kernels/binary_passes.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

/// The gradient dy for one operand: adopted where nothing repeats, else summed.
void pass_on(Context& ctx, const Broadcast& broadcast, bool to_a, const Shape& operand,
             const Tensor& dy, Grad* dx) {
  if (!dx) return;
  if (operand == dy.shape()) {
    dx->add(dy, ctx);
    return;
  }
  real beta;
  real* out = dx->accumulate(operand, ctx, beta);
  const real* g = dy.r();
  broadcast.sum_to(
      ctx, to_a, operand, [&](auto, auto, std::int64_t i) { return g[i]; }, beta, out);
}

}  // namespace

// Shapes are kept only where they differ: a sum of equal shapes saves nothing.
Tensor AddOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a + b; });
  if (x[0].shape() != x[1].shape()) saved.extra = std::pair(x[0].shape(), x[1].shape());
  return y;
}

void add_backward(Context& ctx, const Shape& a, const Shape& b, const Tensor& dy, Grads dx) {
  const Broadcast broadcast("add", a, b);
  pass_on(ctx, broadcast, true, a, dy, dx[0]);
  pass_on(ctx, broadcast, false, b, dy, dx[1]);
}

void AddOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!saved.extra.has_value()) {
    for (Grad* g : dx) {
      if (g) g->add(dy, ctx);
    }
    return;
  }
  const auto& [a, b] = std::any_cast<const std::pair<Shape, Shape>&>(saved.extra);
  add_backward(ctx, a, b, dy, dx);
}

Tensor SubOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a - b; });
  saved.extra = std::pair(x[0].shape(), x[1].shape());
  return y;
}

void sub_backward(Context& ctx, const Shape& a, const Shape& b, const Tensor& dy, Grads dx) {
  const Broadcast broadcast("sub", a, b);
  pass_on(ctx, broadcast, true, a, dy, dx[0]);
  if (dx[1]) {
    const real* g = dy.r();
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

namespace {

template <class T>
void choose_backward(Context& ctx, bool minimum, const Tensor& a, const Tensor& b, const Tensor& dy,
                     Grads dx) {
  const Broadcast broadcast("choice", a.shape(), b.shape());
  const T *pa = a.data<T>(), *pb = b.data<T>();
  const real* g = dy.r();
  for (std::size_t side = 0; side < 2; ++side) {
    if (!dx[side]) continue;
    // The share of this operand: all where it is chosen, half where both are.
    const bool takes_smaller = minimum == (side == 0);  // a < b gives it everything
    const auto term = [&](std::int64_t ia, std::int64_t ib, std::int64_t i) {
      const T va = pa[ia], vb = pb[ib];
      if (va == vb) return g[i] / 2;
      return (va < vb) == takes_smaller ? g[i] : real(0);
    };
    add_operand_gradient(ctx, broadcast, side == 0, side == 0 ? a.shape() : b.shape(), term,
                         *dx[side]);
  }
}

}  // namespace

void min_max_backward(Context& ctx, bool minimum, const Tensor& a, const Tensor& b,
                      const Tensor& dy, Grads dx) {
  if (a.dtype() == ElementType::i8) {
    choose_backward<std::int8_t>(ctx, minimum, a, b, dy, dx);
  } else {
    choose_backward<real>(ctx, minimum, a, b, dy, dx);
  }
}

// NaN in either operand gives NaN.
Tensor MinimumOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a < b || a != a ? a : b; });
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

void MinimumOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  min_max_backward(ctx, true, saved.tensors[0], saved.tensors[1], dy, dx);
}

Tensor MaximumOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a > b || a != a ? a : b; });
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

void MaximumOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  min_max_backward(ctx, false, saved.tensors[0], saved.tensors[1], dy, dx);
}

namespace {

Var constant_like(Var a, real value) {
  return a.tape->constant(Tensor::full({1}, value));
}

}  // namespace

Var operator+(Var a, Var b) {
  return a.tape->record(std::make_shared<AddOp>(), {a, b});
}

Var operator-(Var a, Var b) {
  return a.tape->record(std::make_shared<SubOp>(), {a, b});
}

Var operator*(Var a, Var b) {
  return a.tape->record(std::make_shared<MulOp>(), {a, b});
}

Var minimum(Var a, Var b) {
  return a.tape->record(std::make_shared<MinimumOp>(), {a, b});
}

Var maximum(Var a, Var b) {
  return a.tape->record(std::make_shared<MaximumOp>(), {a, b});
}

Var operator/(Var a, real b) {
  return a * (1 / b);
}

Var operator/(real a, Var b) {
  return a == 1 ? reciprocal(b) : reciprocal(b) * a;
}

Var operator+(Var a, real b) {
  return a + constant_like(a, b);
}

Var operator-(Var a, real b) {
  return a - constant_like(a, b);
}

Var operator-(real a, Var b) {
  return constant_like(b, a) - b;
}

Var operator*(Var a, real b) {
  return a * constant_like(a, b);
}

Var minimum(Var a, real b) {
  return minimum(a, constant_like(a, b));
}

Var maximum(Var a, real b) {
  return maximum(a, constant_like(a, b));
}

}  // namespace octet
