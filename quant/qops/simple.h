// Quantized ops of a few lines each: the doors of the network, reshape, padding and tables.
#pragma once

#include "core/ops.h"
#include "quant/int8/table.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// The input: float reals to codes by true division, half away from zero, saturating (line 20).
class QInputOp final : public QOp {
 public:
  using QOp::QOp;
  std::string_view name() const override { return "q_input"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// The output: codes to reals, scale (code - zero_point) (line 21). Nothing in the integer graph.
class QOutputOp final : public QOp {
 public:
  using QOp::QOp;
  std::string_view name() const override { return "q_output"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// ReshapeOp on codes; params kept.
class QReshapeOp final : public QOp {
 public:
  std::vector<std::int64_t> dims;  ///< as ReshapeOp::dims
  using QOp::QOp;
  std::string_view name() const override { return "q_reshape"; }
  std::string attributes() const override { return ReshapeOp(dims).attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// Zeros around an image: the code of real 0; params kept. In front of an average pool that counts
/// padded pixels. x [N, H, W, C].
class QPadOp final : public QOp {
 public:
  Padding2d pads;  ///< explicit
  using QOp::QOp;
  std::string_view name() const override { return "q_pad"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// A ReLU or ReLU6 that no convolution could take in: a table of 256 codes from the engine's
/// integer formula. ReLU rescales to a range of its own; ReLU6 keeps the params.
class QClampOp final : public QOp {
 public:
  ValuePtr in;
  int8::Activation activation = int8::Activation::relu;
  using QOp::QOp;
  std::string_view name() const override {
    return activation == int8::Activation::relu ? "q_relu" : "q_relu6";
  }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

}  // namespace octet::quant
