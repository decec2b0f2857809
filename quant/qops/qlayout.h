// Quantized ops that only move codes: slice, pads, transpose, depth_to_space, concatenation.
#pragma once

#include "core/ops/layout.h"
#include "quant/qops/shared_params.h"

namespace octet::quant {

/// A LayoutOp on codes; params kept. What a pad adds is the code of real 0.
class QLayoutOp final : public QOp {
 public:
  std::shared_ptr<const LayoutOp> move;
  using QOp::QOp;
  std::string_view name() const override { return "q_layout"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// A pad with a value other than zero: PADV2. The class of input and result holds the value, which
/// is the second part of out->shared.
class QPadOp final : public QOp {
 public:
  std::shared_ptr<const Pad2dOp> pad;
  using QOp::QOp;
  std::string_view name() const override { return "q_pad2d"; }
  std::string attributes() const override { return pad->attributes(); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override { return min_shared_scale(*this); }

 private:
  std::int8_t code() const;
};

/// ConcatOp on codes. Parts have the params of the result (out->shared), or pass through a
/// QUANTIZE.
class QConcatOp final : public QOp {
 public:
  int axis = 1;
  using QOp::QOp;
  std::string_view name() const override { return "q_concat"; }
  std::string attributes() const override { return "axis=" + std::to_string(axis); }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override { return min_shared_scale(*this); }
};

}  // namespace octet::quant
