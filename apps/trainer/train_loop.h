// Epochs of training, from wherever the session stands: the same for float and quantized networks.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "apps/common/setup/training.h"
#include "apps/trainer/session.h"

namespace octet::trainer {

struct TrainingPlan {
  std::string name;  ///< of the phase in metrics: "float", "qat"
  Module& model;
  const setup::TrainingSection& section;
  Loader& loader;
  /// Before each epoch's first batch, and when a run goes on. Returns what to call the epoch.
  std::function<std::string(std::int64_t epoch)> begin_epoch;
  /// After each epoch: adds fields to its metrics line and returns what to print of them; nothing
  /// if the user asked to stop.
  std::function<std::optional<std::string>(nlohmann::ordered_json& line)> evaluate;
};

enum class Outcome { finished, interrupted };

/// Makes the session's optimizer and average (with the state of session.restored, which it takes),
/// trains, and at the end puts the average in place of the weights. Saves after each epoch, when it
/// is due, and when the user asks to stop. Throws Error naming epoch, step and, if it can be told,
/// the layer when the loss is not finite.
Outcome train(Session& session, TrainingPlan& plan);

}  // namespace octet::trainer
