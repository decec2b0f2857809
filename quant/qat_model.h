// A network prepared for quantization: a Module whose forward, after calibration, runs on int8
// codes through the engine's kernels.
#pragma once

#include <concepts>
#include <memory>
#include <span>
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
/// "observer.<value>" and "cut.<concatenation>", every observer and every
/// SharedParams::requantized; the stage is separate (stage(), restore_stage()).
class QatModel final : public MultiModule {
 public:
  /// The rewritten graph: quantized ops as nodes, a quantizing op behind each input, a dequantizing
  /// one in front of each output. `integer_stage` is the stage that calibration leads to.
  QatModel(std::shared_ptr<GraphModule> graph, QatStatePtr state,
           std::vector<QuantizedTensorPtr> values, Stage integer_stage);

  /// In Stage::calibrate the float function (observed, no gradients); else integers.
  std::vector<Var> forward_many(std::span<const Var> x) override;

  Stage stage() const noexcept { return state_->stage; }
  /// To a later stage (or the same). Leaving Stage::calibrate requires that every value was
  /// observed or has stored params (QConfig::stored); with weights of one scale per tensor there is
  /// no Stage::train_bn. Throws Error otherwise.
  void advance(Stage to);
  /// Leaves Stage::calibrate for the first integer stage.
  void finish_calibration() { advance(integer_stage_); }
  /// The first integer stage.
  Stage first_stage() const noexcept { return integer_stage_; }
  /// For resuming: sets the stage that a loaded state belongs to. Throws Error if the model cannot
  /// be in it.
  void restore_stage(Stage stage);

  /// Float forward of one batch, a tensor for each input, feeding the observers. The first batch is
  /// kept (at most max_sample) for the check of convert(). With weights of one scale per tensor
  /// (but not for PTQ) running statistics of batch norm become the mean of those of all batches
  /// since the model was made. Throws Error outside Stage::calibrate.
  void calibrate(Context& ctx, const std::vector<Tensor>& x);
  void calibrate(Context& ctx, const Tensor& x) { calibrate(ctx, std::vector{x}); }

  const GraphModule& graph() const noexcept { return *graph_; }
  int8::Rounding rounding() const noexcept { return state_->rounding; }
  /// The quantized values, one per class, in evaluation order.
  const std::vector<QuantizedTensorPtr>& values() const noexcept { return values_; }
  /// Sets every value's params from its observer, as each forward does first.
  void update_params();
  static constexpr int max_sample = 16;
  /// A few real samples for convert()'s check, a tensor for each input; none without calibration.
  const std::vector<Tensor>& sample() const noexcept { return sample_; }
  void set_sample(std::vector<Tensor> sample) { sample_ = std::move(sample); }

 private:
  std::shared_ptr<GraphModule> graph_;
  QatStatePtr state_;
  std::vector<QuantizedTensorPtr> values_;
  Stage integer_stage_;
  std::vector<Tensor> sample_;
};
/// How prepared models are held.
using QatModelPtr = std::shared_ptr<QatModel>;

/// How long calibrate() observes.
struct CalibrationOptions {
  int batches = 16;  ///< at most; a shorter loader ends it
};

/// Feeds the observers and moves on to the first integer stage. `batches` is either a range of
/// {x, y} (a loader), where x is a tensor or a vector of one for each input, or a function that
/// returns such a vector, empty at the end. A loader with a position (octet::Loader) is put back to
/// where it was. Throws Error if there is no batch.
template <class Batches>
void calibrate(QatModel& model, Batches&& batches, const CalibrationOptions& options,
               Context& ctx) {
  OCTET_CHECK(options.batches >= 1, "calibration: expected at least 1 batch, got ",
              options.batches);
  int left = options.batches;
  const auto feed = [&](auto& loader) {
    for (auto& [x, y] : loader) {
      model.calibrate(ctx, x);
      if (--left == 0) break;
    }
  };
  if constexpr (std::invocable<Batches&>) {
    for (std::vector<Tensor> x; left > 0 && !(x = batches()).empty(); --left) {
      model.calibrate(ctx, x);
    }
  } else if constexpr (requires { batches.seek(batches.position()); }) {
    const auto start = batches.position();
    feed(batches);
    batches.seek(start);
  } else {
    feed(batches);
  }
  OCTET_CHECK(left < options.batches, "calibration: there was no batch");
  model.finish_calibration();
}
/// The same with a context of its own.
template <class Batches>
void calibrate(QatModel& model, Batches&& batches, const CalibrationOptions& options = {}) {
  Context ctx;
  calibrate(model, batches, options, ctx);
}

}  // namespace octet::quant
