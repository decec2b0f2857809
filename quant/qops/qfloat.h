// A layer that stays in floats.
#pragma once

#include <vector>

#include "quant/floats/float_form.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// A float op between QDequantizeOps and QQuantizeOps or outputs: its forward is the engine's float
/// operators, its gradient the op's own. Inputs and result: floats; an input that is a constant or
/// a parameter is a constant of the file.
class QFloatOp final : public QOp {
 public:
  OpPtr op;
  std::vector<bool> constant;  ///< of each input

  QFloatOp(QatStatePtr s, OpPtr o, std::string l)
      : QOp(std::move(s), nullptr, std::move(l)), op(std::move(o)), form_(*float_form_of(*op)) {}
  std::string_view name() const override { return "q_float"; }
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;
  bool in_graph() const override { return form_.lower != nullptr; }

 private:
  const FloatForm& form_;
};

}  // namespace octet::quant
