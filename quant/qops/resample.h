// Quantized ops that average or resample: MEAN over axes, RESIZE.
#pragma once

#include "core/ops/mean.h"
#include "core/ops/resize.h"
#include "int8/reference/resize.h"
#include "int8/reference/scales.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// MEAN: an exact integer sum and one rescale to params of its own.
class QMeanOp final : public QOp {
 public:
  ValuePtr in;
  std::shared_ptr<const MeanOp> mean;
  using QOp::QOp;
  std::string_view name() const override { return "q_mean"; }
  std::string attributes() const override { return mean->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float least_output_scale() const override { return int8::least_rescaled_scale(in->params.scale); }
};

/// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR; params kept. The gradient uses the engine's 10-bit
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
