// Mean over axes; they count from 0, negative ones from the end.
#pragma once

#include <vector>

#include "core/tape.h"

namespace octet {

/// Mean over some axes, summed in double.
struct MeanOp final : Op {
  std::vector<int> axes;
  bool keep_dims;
  MeanOp(std::vector<int> a, bool keep) : axes(std::move(a)), keep_dims(keep) {}
  std::string_view name() const override { return "mean"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

Var mean(Var x, std::vector<int> axes, bool keep_dims = false);

}  // namespace octet
