// Where a network is entered and left: reals to codes and back.
#pragma once

#include "quant/qops/qop.h"

namespace octet::quant {

/// The input: float reals to codes by true division, half away from zero, saturating (line 20).
class QInputOp final : public QOp {
 public:
  using QOp::QOp;
  std::string_view name() const override { return "q_input"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// The output: codes to reals, scale (code - zero_point) (line 21). Nothing in the integer graph.
class QOutputOp final : public QOp {
 public:
  using QOp::QOp;
  std::string_view name() const override { return "q_output"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

}  // namespace octet::quant
