// Unary ops as tables of 256 codes forward and 256 derivatives backward (docs/numerics.md, line
// 26).
#pragma once

#include "quant/qops/qop.h"
#include "quant/qops/unary_function.h"

namespace octet::quant {

/// f'(s (q - z)) for every input code q, at index q + 128; 0 where the clamp acts.
using SlopeTable = std::array<real, 256>;
SlopeTable slope_table(const UnaryFunction& f, QuantParams in, const int8::UnaryCodes& codes);
/// The codes of `q`, which are by_code = f.codes(in, out, rounding).
Tensor apply_codes(Context& ctx, const UnaryFunction& f, const int8::UnaryCodes& by_code,
                   QuantParams in, QuantParams out, int8::Rounding rounding, const Tensor& q);
/// d[i] = slope[q[i] + 128] dy[i].
Tensor apply_slopes(Context& ctx, const SlopeTable& slopes, const Tensor& codes, const Tensor& dy);

/// Input: x (codes).
class QTableOp final : public QOp {
 public:
  QuantizedTensorPtr in;
  UnaryFunctionPtr function;

  using QOp::QOp;
  std::string_view name() const override { return "q_table"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  float min_output_scale() const override {
    return function->min_output_scale(in->params, state->rounding);
  }
};

}  // namespace octet::quant
