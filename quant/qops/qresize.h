// Resampling of images on codes.
#pragma once

#include "core/ops/resize_op.h"
#include "int8/reference/resize.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR; params kept. The gradient uses the engine's
/// weights.
class QResizeOp final : public QOp {
 public:
  std::shared_ptr<const Resize2dOp> resize;
  using QOp::QOp;
  std::string_view name() const override { return "q_resize2d"; }
  std::string attributes() const override { return resize->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;

 private:
  /// The engine's taps of both axes; nearest as bilinear with one tap.
  struct Taps {
    std::int64_t in_h = -1, in_w = -1;
    std::vector<int8::BilinearTap> rows, columns;
  };
  /// Those of images like x, made once.
  const Taps& taps_of(const Shape& x) const;
  mutable Taps taps_;
};

}  // namespace octet::quant
