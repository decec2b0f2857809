// A whole training step of one network, float or quantized: what is measured and checked.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "apps/bench/networks.h"
#include "core/context.h"
#include "optim/ema.h"
#include "optim/optimizer.h"
#include "quant/qat_model.h"

namespace octet::bench {

/// Random images and labels, the same for the same number of samples: normal values, or, for a
/// configuration's network, pixels as it normalizes them. `labels`: of a classifier; `target`: what
/// the others reconstruct, the images as rows.
struct SyntheticBatch {
  Tensor x, labels, target;
  SyntheticBatch(const Network& network, std::int64_t samples);
};

/// The network with seeded weights, in training mode, and what its configuration trains it with:
/// loss (cross-entropy, or MSE against the input), groups of parameters, clipping, optimizer and
/// average. One batch is one step, whatever accumulate_steps says. A quantized network is
/// calibrated on a small batch and stands in its stage; `isa`: its QConfig's.
class TrainingStep {
 public:
  TrainingStep(Context& ctx, const Network& network, std::optional<Isa> isa = {});

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
  const Module& model() const { return *model_; }
  /// Of a classifier.
  const CrossEntropyOptions& loss_options() const { return loss_; }

 private:
  Context& ctx_;
  ModulePtr model_;
  CrossEntropyOptions loss_;
  double clip_grad_norm_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::optional<optim::Ema> ema_;
};

}  // namespace octet::bench
