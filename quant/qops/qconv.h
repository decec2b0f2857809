// Quantized convolution, depthwise convolution and linear layers, with batch norm and a clamp
// activation fused in. docs/numerics.md, lines 4 to 13 and 23 to 27.
#pragma once

#include <memory>
#include <optional>

#include "core/kernels/conv/float_conv.h"
#include "core/ops/ops.h"
#include "quant/kernels/packed_layer.h"
#include "quant/qops/qlayer.h"

namespace octet::quant {

/// Inputs: x (codes), weight, then gamma and beta with batch norm, or bias, or nothing.
/// Linear: x [..., I], weight [O, I]; else NHWC and OHWI.
class QConvOp final : public QLayerOp {
 public:
  struct BatchNorm {
    std::shared_ptr<BatchNormStats> stats;
    double eps, momentum;
  };

  bool linear = false;
  Window2d window;
  int groups = 1;
  std::optional<BatchNorm> batch_norm;
  int8::Activation activation = int8::Activation::none;

  using QLayerOp::QLayerOp;
  std::string_view name() const override { return linear ? "q_linear" : "q_conv2d"; }
  std::string attributes() const override;

  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;

 private:
  struct ForBackward;  // what backward needs besides tensors
  ConvShape shape_of(In x) const;
  Shape result_shape(In x, const ConvShape& s) const;
  /// With batch norm, from these statistics.
  Affine affine(Pool& pool, In x, std::span<const double> mean, std::span<const double> var) const;
  Affine running_affine(Pool& pool, In x) const override;
  void estimate_statistics(Context& ctx, const Tensor& u, const Tensor& gamma,
                           const Tensor& beta) const;
  /// Sums of acc and acc^2 over `rows` to mean and variance of u; moves the running ones.
  void batch_statistics(const ForBackward& kept, double rows, std::span<double> mean,
                        std::span<double> var) const;
  void scale_weight_gradient(Context& ctx, const ForBackward& kept, const Saved& saved,
                             std::span<const double> sum, Tensor& g, Grad* d_gamma) const;

  /// Only memory that is used again: packed anew in every forward. A prepared model runs in one
  /// thread at a time.
  mutable PackedLayer packed_;
};

}  // namespace octet::quant
