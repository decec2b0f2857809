// A network prepared for quantization: a Module whose forward, after calibration, runs on int8
// codes through the engine's kernels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/graph/graph_module.h"
#include "quant/qconfig.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// Takes and returns float Vars, so losses and training loops do not change. Made by prepare_qat or
/// prepare_ptq. Owns its parameters (copies of the float model's). Used by one thread at a time.
///
/// State (Module::state): parameters, batch norm statistics and, as buffers named
/// "observer.<value>" and "cut.<concatenation>", every observer and cut (see Join); the stage is
/// separate (stage(), restore_stage()).
class QatModel final : public Module {
 public:
  /// The rewritten graph: quantized ops as nodes, a quantizing op behind the input, a dequantizing
  /// one at the end. `integer_stage` is the stage that calibration leads to.
  QatModel(std::shared_ptr<GraphModule> graph, QatStatePtr state, std::vector<ValuePtr> values,
           Stage integer_stage);

  /// In Stage::calibrate the float function (observed, no gradients); else integers.
  Var forward(Var x) override;

  Stage stage() const noexcept { return state_->stage; }
  /// To a later stage (or the same). Leaving Stage::calibrate requires that every value was
  /// observed. Throws Error otherwise.
  void advance(Stage to);
  /// Leaves Stage::calibrate for the first integer stage.
  void finish_calibration() { advance(integer_stage_); }
  /// For resuming: sets the stage that a loaded state belongs to.
  void restore_stage(Stage stage) noexcept { state_->stage = stage; }

  /// Float forward of one batch, feeding the observers. The first batch is kept (at most
  /// max_sample) for the check of convert(). Throws Error outside Stage::calibrate.
  void calibrate(Context& ctx, const Tensor& x);

  const GraphModule& graph() const noexcept { return *graph_; }
  int8::Rounding rounding() const noexcept { return state_->rounding; }
  /// The quantized values, one per class, in evaluation order.
  const std::vector<ValuePtr>& values() const noexcept { return values_; }
  /// Sets every value's params from its observer, as each forward does first.
  void update_params();
  static constexpr int max_sample = 16;
  /// A few real samples for convert()'s check; undefined before calibration.
  const Tensor& sample() const noexcept { return sample_; }
  void set_sample(Tensor sample) { sample_ = std::move(sample); }

 private:
  std::shared_ptr<GraphModule> graph_;
  QatStatePtr state_;
  std::vector<ValuePtr> values_;
  Stage integer_stage_;
  Tensor sample_;
};
using QatModelPtr = std::shared_ptr<QatModel>;

struct CalibrationOptions {
  int batches = 16;  ///< at most; a shorter loader ends it
};

/// Feeds the observers from a loader of {x, y} batches and moves on to the first integer stage. A
/// loader with a position (octet::Loader) is put back to where it was. Throws Error if the loader
/// is empty.
template <class Loader>
void calibrate(QatModel& model, Loader&& loader, const CalibrationOptions& options, Context& ctx) {
  OCTET_CHECK(options.batches >= 1, "calibration: expected at least 1 batch, got ",
              options.batches);
  int left = options.batches;
  const auto feed = [&] {
    for (auto& [x, y] : loader) {
      model.calibrate(ctx, x);
      if (--left == 0) break;
    }
  };
  if constexpr (requires { loader.seek(loader.position()); }) {
    const auto start = loader.position();
    feed();
    loader.seek(start);
  } else {
    feed();
  }
  OCTET_CHECK(left < options.batches, "calibration: the loader gave no batch");
  model.finish_calibration();
}
template <class Loader>
void calibrate(QatModel& model, Loader&& loader, const CalibrationOptions& options = {}) {
  Context ctx;
  calibrate(model, loader, options, ctx);
}

}  // namespace octet::quant
