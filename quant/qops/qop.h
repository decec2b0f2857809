// The base of quantized ops: ops on the tape whose values are int8 codes, whose forward is the
// engine's own function and whose gradient is that of the real function (docs/numerics.md).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/tape.h"
#include "int8/graph/graph.h"
#include "quant/quantized_tensor.h"

namespace octet::quant {

class Lowering;

/// Between quantized ops flow i8 tensors of codes; in Stage::calibrate the same ops pass float
/// tensors on. forward() alone feeds the observer of the result. Gradients are always of the real,
/// never of the code.
struct QOp : Op {
  QatStatePtr state;
  QuantizedTensorPtr out;  ///< params of the result; null: it is floats, as in calibration
  std::string layer;
  /// The result's params are an operand's, whose observer sees enough: this op feeds none.
  bool keeps_params = false;

  QOp(QatStatePtr s, QuantizedTensorPtr o, std::string l)
      : state(std::move(s)), out(std::move(o)), layer(std::move(l)) {}

  Tensor forward(Context& ctx, In x, Saved& saved) const final {
    const bool observing = out && state->observing(ctx) && !keeps_params && out->observed();
    if (state->calibrating()) {
      Tensor y = forward_float(ctx, x);
      if (observing) out->observe(ctx, y);
      return y;
    }
    const IsaScope scope(ctx, state->isa_in(ctx));
    RealRange seen;
    Tensor y = forward_codes(ctx, x, saved, observing ? &seen : nullptr);
    if (!seen.empty()) out->observe(ctx, seen);
    return y;
  }
  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const final {
    OCTET_CHECK(!state->calibrating(), "layer ", layer,
                ": backward during calibration; advance the model to a training stage first");
    state->float_isa = ctx.isa;
    const IsaScope scope(ctx, state->isa_in(ctx));
    backward_real(ctx, saved, dy, dx);
  }

  /// Stage::calibrate: the real function.
  virtual Tensor forward_float(Context& ctx, In x) const = 0;
  /// Integer stages. Unless `seen` is null, it takes the range of the results before they are
  /// clamped to codes, but behind the activation (line 3); left empty, nothing is observed.
  virtual Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const = 0;
  virtual void backward_real(Context& ctx, const Saved& saved, const Tensor& dy,
                             Grads dx) const = 0;
  /// Appends the integer nodes of this op to the graph, and a layer with weights its report, and
  /// returns the tensor of its result.
  /// `inputs`: tensors of the quantized operands (-1 for parameters); `x`: values of the float
  /// operands (parameters); `shape`: the result's, with batch 1.
  virtual int lower(Lowering& graph, std::span<const int> inputs, In x,
                    const Shape& shape) const = 0;
  /// False: in evaluation the op passes its input on, and the integer graph has nothing for it.
  virtual bool in_graph() const { return true; }
  /// The smallest scale of the result that the op's multipliers allow, given its operands' params.
  virtual float min_output_scale() const { return 0; }
};
/// Shared: quantized ops are immutable.
using QOpPtr = std::shared_ptr<const QOp>;

}  // namespace octet::quant
