// Where codes begin and end: at a network's inputs and outputs, and around layers that stay in
// floats.
#pragma once

#include "int8/reference/quantize.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// Float reals to codes by true division, half away from zero, saturating (line 20); in float
/// rounding as XNNPACK does it.
class QQuantizeOp : public QOp {
 public:
  using QOp::QOp;
  std::string_view name() const override { return "q_quantize"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;

 protected:
  Tensor quantized(Context& ctx, In x, Saved& saved, int8::QuantizeFunction* kernel) const;
};

/// The input, whose range is observed in calibration alone; the same codes in every rounding.
class QInputOp final : public QQuantizeOp {
 public:
  using QQuantizeOp::QQuantizeOp;
  std::string_view name() const override { return "q_input"; }
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// Codes to reals, scale (code - zero_point).
class QDequantizeOp : public QOp {
 public:
  QuantizedTensorPtr in;  ///< null: they are floats already

  QDequantizeOp(QatStatePtr s, QuantizedTensorPtr codes, std::string l)
      : QOp(std::move(s), nullptr, std::move(l)), in(std::move(codes)) {}
  std::string_view name() const override { return "q_dequantize"; }
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

/// The output: what the loss sees (line 21). Nothing in the integer graph.
class QOutputOp final : public QDequantizeOp {
 public:
  using QDequantizeOp::QDequantizeOp;
  std::string_view name() const override { return "q_output"; }
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
};

}  // namespace octet::quant
