// Epochs of training, from wherever the session stands: the same for float and quantized networks.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/common/setup/training.h"
#include "apps/trainer/session.h"

namespace octet::trainer {

struct TrainingPlan {
  std::string name;  ///< of the phase in metrics: "float", "qat"
  Module& model;
  const setup::TrainingSection& section;
  Loader& loader;
  std::int64_t epochs_after = 0;  ///< of the phases that follow
  /// Of the weights as they are, before any training: see Fit::offer.
  std::optional<EpochScore> before = {};
  std::function<std::string(std::int64_t epoch)> begin_epoch;  ///< see FitHooks
  std::function<std::optional<EpochScore>()> evaluate;         ///< see FitHooks
};

/// Makes the session's optimizer and training (with the state of session.restored, which it takes)
/// and trains. Saves after each epoch, when it is due, and when the user asks to stop. Without a
/// validation split the weights of the last epoch are kept. Throws Error as Fit::run.
Outcome train(Session& session, TrainingPlan& plan);

}  // namespace octet::trainer
