// Quantized addition with an optional fused clamp activation.
#pragma once

#include "int8/reference/scales.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// Inputs: a, b (codes, same shape).
class QAddOp final : public QOp {
 public:
  QuantizedTensorPtr a, b;
  int8::Activation activation = int8::Activation::none;

  using QOp::QOp;
  std::string_view name() const override { return "q_add"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override {
    return int8::min_sum_scale(a->params.scale, b->params.scale, state->rounding);
  }
};

}  // namespace octet::quant
