// What the layers with weights have in common: codes of the weight, folding, and their lowering.
#pragma once

#include "int8/reference/activation_range.h"
#include "quant/fold.h"
#include "quant/qops/qop.h"
#include "quant/weights/weight_quantizer.h"

namespace octet::quant {

/// Inputs: x (codes), weight [O, ...], then others.
class QLayerOp : public QOp {
 public:
  QuantizedTensorPtr in;
  WeightQuantizerPtr weights = make_weight_quantizer(QuantSpec::per_channel());

  using QOp::QOp;

 protected:
  struct Integers {
    WeightCodes weights;
    Folded folded;
  };
  /// Codes of a weight. `affine`: what they are folded with; where codes hold no factor it may be
  /// empty, for statistics that are not known yet.
  WeightCodes codes_of(Context& ctx, const Tensor& weight, const Affine& affine = {}) const;
  /// Batch norm, by its running statistics, and bias; x as of forward.
  virtual Affine running_affine(Pool& pool, In x) const = 0;
  /// Without batch norm and bias.
  FoldInput fold_input(std::span<const float> weight_scale) const;
  /// By running statistics.
  Integers integers(Context& ctx, In x) const;

  /// Reals of the codes: W~ f for each unit of q, per channel, for gradients to x (line 24).
  PoolVector<float> real_steps(Pool& pool, std::span<const float> weight_scale,
                               const Folded& folded) const;

  struct Lowered {
    int weight, bias;
  };
  /// Weight and bias as the file has them, and the layer's report. `shape`: the weight's in the
  /// file; `axis`: its output channels, the first dimension or the last; `range`: of the output.
  Lowered lower_integers(Lowering& graph, In x, const Shape& shape, int axis,
                         int8::ClampRange range) const;
};

}  // namespace octet::quant
