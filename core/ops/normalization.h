// Normalizations by the statistics of a sample (those of a batch: BatchNormOp in core/ops/ops.h).
#pragma once

#include "core/tape.h"

namespace octet {

/// gamma (x - mean) / sqrt(var + eps) + beta; mean and biased variance of the last dimensions,
/// those of gamma. Inputs: x [..., D...], gamma [D...], optional beta [D...] (Ba et al. 2016).
struct LayerNormOp final : Op {
  real eps;
  /// Throws Error unless eps >= 0.
  explicit LayerNormOp(real e);
  std::string_view name() const override { return "layer_norm"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// gamma (x - mean) / sqrt(var + eps) + beta; mean and biased variance of all pixels of a group of
/// C / groups neighbouring channels of a sample. Inputs: x [N, ..., C], gamma [C], beta [C] (Wu &
/// He 2018). As many groups as channels: instance norm.
struct GroupNormOp final : Op {
  std::int64_t groups;  ///< 0: as many as channels
  real eps;
  /// Throws Error unless groups >= 0 and eps >= 0.
  GroupNormOp(std::int64_t g, real e);
  std::string_view name() const override { return "group_norm"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records the op of this name; without beta nothing is added.
/// @{
Var layer_norm(Var x, Var gamma, real eps = real(1e-5));
Var layer_norm(Var x, Var gamma, Var beta, real eps = real(1e-5));
Var group_norm(Var x, Var gamma, Var beta, std::int64_t groups, real eps = real(1e-5));
/// @}
/// A group_norm with a group for each channel.
Var instance_norm(Var x, Var gamma, Var beta, real eps = real(1e-5));

}  // namespace octet
