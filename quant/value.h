// A quantized value (an equivalence class of values that share scale and zero point), and the state
// that all ops of a prepared model share.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/context.h"
#include "quant/observer.h"
#include "quant/params.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// All members of a class (a convolution's output, the max pool behind it, its flattened view) have
/// these params. Fixed for a step: observers act from the next step on (line 3).
struct Value {
  Value(std::string value_name, Observer value_observer)
      : name(std::move(value_name)), observer(std::move(value_observer)) {}

  std::string name;  ///< of the first member
  Observer observer;
  std::optional<QuantParams> fixed;  ///< not observed
  float min_scale = 0;               ///< set each step by ops that need one (ADD)
  QuantParams params;                ///< of the present step

  /// params from the observer. Throws Error if nothing was observed yet.
  void update() {
    if (fixed) {
      params = *fixed;
      return;
    }
    OCTET_CHECK(observer.seen(), "value ", name, " has no observed range: calibrate first");
    params = activation_params(observer.min(), observer.max());
  }
  /// Feeds the observer; a range that is not finite is an Error naming the value.
  void observe(double min, double max);
};
using ValuePtr = std::shared_ptr<Value>;

struct QatState {
  Stage stage = Stage::calibrate;
  int8::Rounding rounding = int8::Rounding::single_rounding;
  int8::Isa isa = int8::Isa::portable;

  bool calibrating() const noexcept { return stage == Stage::calibrate; }
  /// Observers move in the training steps of the stages before frozen_observers.
  bool observing(const Context& ctx) const noexcept {
    return calibrating() || (ctx.training && stage < Stage::frozen_observers);
  }
  bool batch_statistics(const Context& ctx) const noexcept {
    return ctx.training && stage == Stage::train_bn;
  }
};
using QatStatePtr = std::shared_ptr<QatState>;

}  // namespace octet::quant
