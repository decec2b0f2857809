// What the ops over one class share (Join): each operand comes with the params of the result, or
// goes through a QUANTIZE of its own, or is a constant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/qops/qop.h"
#include "quant/qops/table.h"

namespace octet::quant {

/// Codes of operands in the params of the result, and what backward needs where a QUANTIZE stands
/// before one.
struct JoinedParts {
  std::vector<Tensor> codes;
  struct Cut {
    Tensor codes;  ///< before the QUANTIZE; undefined where there is none
    SlopeTable slopes;
  };
  std::vector<Cut> cuts;
};
/// `x`: operand i has the codes of op.out->join->parts[i], or its reals.
JoinedParts join_parts(Context& ctx, const QOp& op, In x);

/// Calls f(gradients of the operands in the params of the result), then passes them on through the
/// QUANTIZEs to dx.
template <class F>
void join_backward(Context& ctx, const std::vector<JoinedParts::Cut>& cuts, Grads dx, const F& f) {
  std::vector<Grad> own(dx.size());
  std::vector<Grad*> inner(dx.begin(), dx.end());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] && cuts[i].codes.defined()) inner[i] = &own[i];
  }
  f(Grads(inner));
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != &own[i]) continue;
    dx[i]->add(apply_slopes(ctx, cuts[i].slopes, cuts[i].codes, own[i].value()), ctx);
  }
}

/// QOp::least_output_scale() of such an op.
float least_joined_scale(const QOp& op);
/// The tensors of the operands in the params of the result. Arguments as QOp::lower().
std::vector<int> lower_parts(Lowering& graph, const QOp& op, std::span<const int> inputs, In x);

}  // namespace octet::quant
