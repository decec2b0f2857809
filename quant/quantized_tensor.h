// A quantized value (an equivalence class of values that share scale and zero point), and the state
// that all ops of a prepared model share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/ops/ops.h"
#include "core/parameter.h"
#include "quant/observers/observer.h"
#include "quant/params.h"
#include "quant/qconfig.h"

namespace octet::quant {

struct QuantizedTensor;
/// Shared by the ops that write and read the value.
using QuantizedTensorPtr = std::shared_ptr<QuantizedTensor>;

/// The class of an op whose operands and result share scale and zero point (concatenation, minimum,
/// maximum, a padding with a value): the parts take the params of the whole, but for those that are
/// cut off by a QUANTIZE (line 17).
struct SharedParams {
  std::vector<QuantizedTensorPtr> parts;
  Tensor
      requantized;  ///< real [parts]: 1 where a QUANTIZE stands between part and whole; model state

  bool is_requantized(std::size_t i) const { return requantized.r()[i] != 0; }
};

/// All members of a class (a convolution's output, the max pool behind it, its flattened view) have
/// these params. Fixed for a step: observers act from the next step on (line 3).
struct QuantizedTensor {
  QuantizedTensor(std::string value_name, ObserverPtr value_observer,
                  const QuantSpec& value_spec = QuantSpec::activation())
      : name(std::move(value_name)), observer(std::move(value_observer)), spec(value_spec) {}

  std::string name;  ///< of the first member
  ObserverPtr observer;
  QuantSpec spec;                        ///< how params follow from a range
  std::optional<QuantParams> fixed;      ///< not observed
  std::shared_ptr<SharedParams> shared;  ///< set for the result of such an op: not observed
  QuantizedTensorPtr before_dropout;     ///< set for the result of a dropout: not observed
  ParameterPtr constant;  ///< set for an operand that is no result: its reals; not observed
  double keep = 1;        ///< probability that the dropout keeps a code
  QuantParams params;     ///< of the present step
  float min_scale = 0;    ///< of the present step: what the ops that make it ask for

  bool observed() const noexcept { return !fixed && !shared && !before_dropout && !constant; }
  /// Whether the range is known.
  bool seen() const;
  /// Feeds the observer, if the value is observed, with what the members of ctx have together; what
  /// is not finite is an Error naming the value.
  void observe(Context& ctx, const Tensor& reals);
  void observe(Context& ctx, const RealRange& range);

  /// Of the reals, and of 0. Throws Error if nothing was observed yet, or a constant is not finite.
  RealRange range() const;
};

/// The reals of all codes.
RealRange fixed_range(QuantParams params);

/// Sets the params of all values for a step (lines 3 and 17): from their ranges; parts from their
/// whole; behind a dropout, in training, the scale over its probability to keep (line 22).
/// `values`: every value after those it depends on. No scale is below its value's min_scale.
void compute_params(const std::vector<QuantizedTensorPtr>& values, bool training);

/// Cuts off the parts whose range is more than 4 times narrower than the whole's (line 17).
void requantize_narrow_parts(const std::vector<QuantizedTensorPtr>& values);

/// What all ops of a prepared model share.
struct QatState {
  Stage stage = Stage::calibrate;
  int8::Rounding rounding = int8::Rounding::single_rounding;
  bool folds_first = false;   ///< weights hold batch norm's factor: no Stage::train_bn
  bool estimates_bn = false;  ///< in calibrate(), for want of Stage::train_bn
  bool in_calibrate = false;  ///< a batch of calibrate() is running
  /// Updates of running statistics so far, where estimates_bn.
  std::map<const BatchNormStats*, std::int64_t> estimates;
  std::optional<Isa> isa;         ///< QConfig's
  Isa float_isa = Isa::portable;  ///< the context's own, of the op that runs backward

  /// Of kernels that give the same bits on every one.
  Isa isa_in(const Context& ctx) const noexcept { return isa.value_or(ctx.isa); }
  bool calibrating() const noexcept { return stage == Stage::calibrate; }
  /// Observers move in the training steps of the stages before frozen_observers.
  bool observing(const Context& ctx) const noexcept {
    return calibrating() || (ctx.training && stage < Stage::frozen_observers);
  }
  bool batch_statistics(const Context& ctx) const noexcept {
    return ctx.training && stage == Stage::train_bn;
  }
};
/// Shared by a model and its ops.
using QatStatePtr = std::shared_ptr<QatState>;

/// Gives the context another ISA while it lives.
class IsaScope {
 public:
  IsaScope(Context& ctx, Isa isa) : ctx_(ctx), before_(ctx.isa) { ctx.isa = isa; }
  ~IsaScope() { ctx_.isa = before_; }
  IsaScope(const IsaScope&) = delete;
  IsaScope& operator=(const IsaScope&) = delete;

 private:
  Context& ctx_;
  Isa before_;
};

}  // namespace octet::quant
