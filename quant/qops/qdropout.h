// Dropout on codes.
#pragma once

#include "core/ops/dropout_op.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// DropoutOp on codes: in training dropped codes become the zero point and the result's scale is
/// that of the input over 1 - p (line 22). Nothing in the integer graph.
class QDropoutOp final : public QOp {
 public:
  std::shared_ptr<const DropoutOp> dropout;
  using QOp::QOp;
  std::string_view name() const override { return "q_dropout"; }
  std::string attributes() const override { return dropout->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  bool in_graph() const override { return false; }
};

}  // namespace octet::quant
