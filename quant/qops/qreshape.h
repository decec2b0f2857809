// Reshape on codes.
#pragma once

#include "core/ops/ops.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// ReshapeOp on codes; params kept.
class QReshapeOp final : public QOp {
 public:
  std::vector<std::int64_t> dims;  ///< as ReshapeOp::dims
  using QOp::QOp;
  std::string_view name() const override { return "q_reshape"; }
  std::string attributes() const override { return ReshapeOp(dims).attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

}  // namespace octet::quant
