// a / b and a^b, with broadcasting.
#include <cmath>

#include "core/kernels/binary_passes.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

/// Adds to_a and to_b(g, a, b), g the gradient of the result, to the operands' gradients.
template <class A, class B>
void pass_back(Context& ctx, std::string_view op, const Saved& saved, const Tensor& dy, Grads dx,
               const A& to_a, const B& to_b) {
  const Tensor &a = saved.tensors[0], &b = saved.tensors[1];
  const Broadcast broadcast(op, a.shape(), b.shape());
  const real *pa = a.r(), *pb = b.r(), *g = dy.r();
  if (dx[0]) {
    const auto term = [&](std::int64_t ia, std::int64_t ib, std::int64_t i) {
      return to_a(g[i], pa[ia], pb[ib]);
    };
    add_operand_gradient(ctx, broadcast, true, a.shape(), term, *dx[0]);
  }
  if (dx[1]) {
    const auto term = [&](std::int64_t ia, std::int64_t ib, std::int64_t i) {
      return to_b(g[i], pa[ia], pb[ib]);
    };
    add_operand_gradient(ctx, broadcast, false, b.shape(), term, *dx[1]);
  }
}

}  // namespace

Tensor DivOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return a / b; });
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

void DivOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  pass_back(
      ctx, name(), saved, dy, dx, [](real g, real, real b) { return g / b; },
      [](real g, real a, real b) { return -g * (a / b) / b; });
}

Tensor PowOp::forward(Context& ctx, In x, Saved& saved) const {
  Tensor y = combine(ctx, name(), x, [](real a, real b) { return std::pow(a, b); });
  if (saved.wanted) saved.tensors = {x[0], x[1]};
  return y;
}

// b = 0 makes a constant, whose slope at a = 0 is not 0 * infinity; 0^b with b > 0 stays 0.
void PowOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  pass_back(
      ctx, name(), saved, dy, dx,
      [](real g, real a, real b) { return b == 0 ? real(0) : g * b * std::pow(a, b - 1); },
      [](real g, real a, real b) {
        return a == 0 && b >= 0 ? real(0) : g * std::pow(a, b) * std::log(a);
      });
}

Var operator/(Var a, Var b) {
  return a.tape->record(std::make_shared<DivOp>(), {a, b});
}

Var pow(Var a, Var b) {
  return a.tape->record(std::make_shared<PowOp>(), {a, b});
}

}  // namespace octet
