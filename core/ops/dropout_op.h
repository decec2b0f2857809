// Dropout.
#pragma once

#include "core/tape.h"

namespace octet {

/// Each value is kept with probability keep() and then divided by it (Srivastava et al. 2014), in
/// training; evaluation passes x on. Which values depends on (Context::seed, Context::step,
/// `stream`, index) alone.
struct DropoutOp final : Op {
  double p;
  std::uint64_t stream;
  /// Throws Error unless 0 <= p < 1.
  DropoutOp(double probability, std::uint64_t s);
  /// 1 - p to a whole number of 1 / 65536, at least one: what the random bits can tell apart.
  double keep() const noexcept { return 1 - threshold() / 65536.0; }
  /// Sixteen random bits below this drop the value.
  std::uint32_t threshold() const noexcept;
  std::string_view name() const override { return "dropout"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};
/// Whether dropout keeps elements 0 .. n - 1 in the present step: one byte each, 1 or 0.
Tensor dropout_mask(Context& ctx, const DropoutOp& op, const Shape& shape);

/// `stream` tells the dropouts of a network apart.
Var dropout(Var x, double p, std::uint64_t stream);

}  // namespace octet
