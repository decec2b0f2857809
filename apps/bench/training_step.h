// A whole training step of one network, float or quantized: what is measured and checked.
#pragma once

#include <memory>
#include <string_view>

#include "apps/bench/networks.h"
#include "core/context.h"
#include "optim/adam.h"
#include "quant/qat_model.h"

namespace octet::bench {

enum class Mode : std::uint8_t { real, qat, qat_frozen };
/// float, qat (stage train_bn) or qat-frozen (stage frozen_bn).
Mode parse_mode(std::string_view name);

/// Random images (normal) and labels, the same for the same number of samples.
struct SyntheticBatch {
  Tensor x, labels;
  SyntheticBatch(const Network& network, std::int64_t samples);
};

/// The network with seeded weights, in training mode, and Adam. A quantized one is calibrated on
/// two small batches and stands in its stage.
class TrainingStep {
 public:
  TrainingStep(Context& ctx, const Network& network, Mode mode, int8::Isa isa);

  /// Called between the phases of a step: with the phase that ended.
  struct PhaseWatcher {
    virtual ~PhaseWatcher() = default;
    virtual void ended(std::string_view phase) = 0;
  };
  /// zero_grad, forward, loss, backward, optimizer. Returns the loss.
  float run(const SyntheticBatch& batch, PhaseWatcher* watcher = nullptr);
  /// The same without the optimizer: leaves the gradients.
  float gradients(const SyntheticBatch& batch, PhaseWatcher* watcher = nullptr);

  Module& model() { return *model_; }

 private:
  Context& ctx_;
  ModulePtr model_;
  std::unique_ptr<optim::Adam> optimizer_;
};

}  // namespace octet::bench
