// The Huber loss: squared for small errors, linear for large ones.
#pragma once

#include "core/tape.h"

namespace octet {

/// Mean over all elements of (x - t)^2 / 2 where |x - t| <= delta, else delta (|x - t| - delta / 2)
/// (Huber 1964). Inputs: x, targets of the same shape.
struct HuberOp final : Op {
  double delta;
  /// Throws Error unless delta is finite and > 0.
  explicit HuberOp(double d);
  std::string_view name() const override { return "huber"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

Var huber_loss(Var x, const Tensor& targets, double delta = 1);

}  // namespace octet
