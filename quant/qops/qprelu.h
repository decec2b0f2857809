// PReLU on codes.
#pragma once

#include "int8/reference/scales.h"
#include "quant/qops/qop.h"
#include "quant/weights/weight_quantizer.h"

namespace octet::quant {

/// PRELU. Inputs: x (codes), alpha [C] (a parameter, quantized symmetrically with one scale).
class QPreluOp final : public QOp {
 public:
  QuantizedTensorPtr in;
  WeightQuantizerPtr slopes = make_weight_quantizer(QuantSpec::per_tensor());
  using QOp::QOp;
  std::string_view name() const override { return "q_prelu"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override { return int8::min_prelu_scale(in->params.scale); }
};

}  // namespace octet::quant
