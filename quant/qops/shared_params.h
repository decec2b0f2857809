// What the ops over one class share (SharedParams): each operand comes with the params of the
// result, or goes through a QUANTIZE of its own, or is a constant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/qops/qop.h"
#include "quant/qops/qtable.h"

namespace octet::quant {

/// Codes of operands in the params of the result, and what backward needs where a QUANTIZE stands
/// before one.
struct SharedOperands {
  std::vector<Tensor> codes;
  struct Requantized {
    Tensor codes;  ///< before the QUANTIZE; undefined where there is none
    SlopeTable slopes;
  };
  std::vector<Requantized> requantized;
};
/// `x`: operand i has the codes of op.out->shared->parts[i], or its reals.
SharedOperands shared_operands(Context& ctx, const QOp& op, In x);

/// Calls f(gradients of the operands in the params of the result), then passes them on through the
/// QUANTIZEs to dx.
template <class F>
void shared_backward(Context& ctx, const std::vector<SharedOperands::Requantized>& requantized,
                     Grads dx, const F& f) {
  std::vector<Grad> own(dx.size());
  std::vector<Grad*> inner(dx.begin(), dx.end());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] && requantized[i].codes.defined()) inner[i] = &own[i];
  }
  f(Grads(inner));
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != &own[i]) continue;
    dx[i]->add(apply_slopes(ctx, requantized[i].slopes, requantized[i].codes, own[i].value()), ctx);
  }
}

/// QOp::min_output_scale() of such an op.
float min_shared_scale(const QOp& op);
/// The tensors of the operands in the params of the result. Arguments as QOp::lower().
std::vector<int> lower_shared(Lowering& graph, const QOp& op, std::span<const int> inputs, In x);

}  // namespace octet::quant
