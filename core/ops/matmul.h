// Products of matrices that are both computed.
#pragma once

#include "core/tape.h"

namespace octet {

/// The products of matrices a [..., M, K] and b [..., K, N]: [..., M, N]. The dimensions in front
/// are broadcast by numpy's rules.
struct MatMulOp final : Op {
  std::string_view name() const override { return "matmul"; }
  /// Throws Error if the shapes do not fit.
  Shape result(const Shape& a, const Shape& b) const;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records a MatMulOp.
Var matmul(Var a, Var b);

}  // namespace octet
