// Quantized difference and product with broadcasting.
#pragma once

#include "quant/int8/graph.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// SUB or MUL with an optional fused clamp activation. Inputs: a, b (codes), shapes that broadcast.
class QBinaryOp final : public QOp {
 public:
  enum class Kind { sub, mul };
  Kind kind = Kind::mul;
  ValuePtr a, b;
  int8::Activation activation = int8::Activation::none;

  using QOp::QOp;
  std::string_view name() const override { return kind == Kind::mul ? "q_mul" : "q_sub"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float least_output_scale() const override;
};

}  // namespace octet::quant
