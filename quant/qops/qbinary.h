// Quantized sum, difference and product, and the smaller and larger value, with broadcasting.
#pragma once

#include "int8/graph/graph.h"
#include "quant/qops/shared_params.h"

namespace octet::quant {

/// ADD, SUB or MUL with an optional fused clamp activation. Inputs: a, b, shapes that broadcast;
/// codes, or where the QuantizedTensor is a constant's its reals, which are quantized with params
/// of their own.
class QBinaryOp final : public QOp {
 public:
  enum class Kind { add, sub, mul };
  Kind kind = Kind::mul;
  QuantizedTensorPtr a, b;
  int8::Activation activation = int8::Activation::none;
  bool of_itself = false;  ///< both operands are one value of the integer graph

  using QOp::QOp;
  std::string_view name() const override {
    return kind == Kind::mul ? "q_mul" : kind == Kind::sub ? "q_sub" : "q_add";
  }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override;

 private:
  int8::OpCode op() const;
  /// XNNPACK's rule for a value times itself.
  bool squares_reals() const;
};

/// MINIMUM or MAXIMUM: operands and result are one class (out->shared). Inputs: a, b as above; at a
/// tie of codes each operand gets half of the gradient.
class QMinMaxOp final : public QOp {
 public:
  bool minimum = true;  ///< else maximum

  using QOp::QOp;
  std::string_view name() const override { return minimum ? "q_minimum" : "q_maximum"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override { return min_shared_scale(*this); }
};

}  // namespace octet::quant
