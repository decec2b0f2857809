// Mean over axes on codes.
#pragma once

#include "core/ops/reduction_ops.h"
#include "int8/reference/scales.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// MEAN: an exact integer sum and one rescale to params of its own.
class QMeanOp final : public QOp {
 public:
  QuantizedTensorPtr in;
  std::shared_ptr<const MeanOp> mean;
  using QOp::QOp;
  std::string_view name() const override { return "q_mean"; }
  std::string attributes() const override { return mean->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override { return int8::min_rescaled_scale(in->params.scale); }
};

}  // namespace octet::quant
