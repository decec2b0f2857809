// Means over all elements of a term of prediction and target: BCE, MSE, L1.
#include <cmath>

#include "core/kernels/elementwise_loss.h"
#include "core/ops/losses.h"

namespace octet {
namespace {

Var record(Var x, const Tensor& targets, OpPtr op) {
  return x.tape->record(std::move(op), {x, x.tape->input(targets)});
}

}  // namespace

Tensor BceWithLogitsOp::forward(Context& ctx, In x, Saved& saved) const {
  return mean_of(ctx, name(), x, saved, [](double v, double t) {
    return std::max(v, 0.0) - v * t + std::log1p(std::exp(-std::fabs(v)));
  });
}

void BceWithLogitsOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  add_slopes(ctx, saved, dy, dx, [](real v, real t) {
    return static_cast<real>(1 / (1 + std::exp(-double{v})) - double{t});
  });
}

Tensor MseOp::forward(Context& ctx, In x, Saved& saved) const {
  return mean_of(ctx, name(), x, saved, [](double v, double t) { return (v - t) * (v - t); });
}

void MseOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  add_slopes(ctx, saved, dy, dx, [](real v, real t) { return 2 * (v - t); });
}

Tensor L1Op::forward(Context& ctx, In x, Saved& saved) const {
  return mean_of(ctx, name(), x, saved, [](double v, double t) { return std::fabs(v - t); });
}

void L1Op::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  add_slopes(ctx, saved, dy, dx,
             [](real v, real t) { return static_cast<real>(v > t ? 1 : (v < t ? -1 : 0)); });
}

Var bce_with_logits(Var logits, const Tensor& targets) {
  return record(logits, targets, std::make_shared<BceWithLogitsOp>());
}
Var mse_loss(Var x, const Tensor& targets) {
  return record(x, targets, std::make_shared<MseOp>());
}
Var l1_loss(Var x, const Tensor& targets) {
  return record(x, targets, std::make_shared<L1Op>());
}

}  // namespace octet
