// Quantized transposed convolution.
#pragma once

#include <memory>

#include "core/ops/conv_transpose.h"
#include "quant/kernels/packed_layer.h"
#include "quant/qops/qlayer.h"

namespace octet::quant {

/// TRANSPOSE_CONV with no fused activation. Inputs: x (codes), weight
/// [O, KH, KW, C], optional bias [O]. Training runs the engine's convolution kernels on the input
/// with zeros between its pixels and the flipped weights: the same exact sums.
class QConvTransposeOp final : public QLayerOp {
 public:
  std::shared_ptr<const ConvTranspose2dOp> conv;
  using QLayerOp::QLayerOp;
  std::string_view name() const override { return "q_conv_transpose2d"; }
  std::string attributes() const override { return conv->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;

 private:
  struct ForBackward;
  Affine running_affine(Pool& pool, In x) const override;

  /// Only memory that is used again, as in QConvOp.
  mutable PackedLayer packed_;
};

}  // namespace octet::quant
