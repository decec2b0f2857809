// Reductions over axes; they count from 0, negative ones from the end.
#pragma once

#include <vector>

#include "core/tape.h"

namespace octet {

/// Some axes of the one input become one value; with keep_dims they stay, with extent 1.
struct ReductionOp : Op {
  std::vector<int> axes;
  bool keep_dims;
  ReductionOp(std::vector<int> a, bool keep) : axes(std::move(a)), keep_dims(keep) {}
  std::string attributes() const override;
};

/// Summed in double.
struct MeanOp final : ReductionOp {
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "mean"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Summed in double.
struct SumOp final : ReductionOp {
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "sum"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// NaN if there is one. The gradient is shared by all that are equal to the result.
struct ReduceMaxOp final : ReductionOp {
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "reduce_max"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// As ReduceMaxOp.
struct ReduceMinOp final : ReductionOp {
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "reduce_min"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records the op of this name: over `axes`, which stay as extents of 1 with keep_dims.
/// @{
Var mean(Var x, std::vector<int> axes, bool keep_dims = false);
Var sum(Var x, std::vector<int> axes, bool keep_dims = false);
Var reduce_max(Var x, std::vector<int> axes, bool keep_dims = false);
Var reduce_min(Var x, std::vector<int> axes, bool keep_dims = false);
/// @}
/// [N, ..., C] -> [N, 1, ..., C]
Var global_max_pool(Var x);

}  // namespace octet
