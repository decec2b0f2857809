// Softmax on codes.
#pragma once

#include "quant/qops/qop.h"

namespace octet::quant {

/// SOFTMAX; its result has scale 1/256, zero point -128. The gradient is the real softmax's.
class QSoftmaxOp final : public QOp {
 public:
  QuantizedTensorPtr in;
  using QOp::QOp;
  std::string_view name() const override { return "q_softmax"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

}  // namespace octet::quant
