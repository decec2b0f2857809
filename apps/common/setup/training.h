// How a configuration trains: optimizer, loss, groups of parameters and schedule.
#pragma once

#include <memory>
#include <string>

#include "apps/common/config/config.h"
#include "layers/module.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"

namespace octet::setup {

/// A section of a configuration that trains: "train", or "quant" with mode qat. Valid as long as
/// the configuration.
struct TrainingSection {
  const config::Config& config;
  std::string pointer;  ///< "/train" or "/quant"
  std::int64_t epochs;
  int batch;
  bool drop_last;
  const config::OptimizerConfig& optimizer;
  const config::ScheduleConfig& schedule;
  const config::Steps& steps;

  /// What a message about one of its values begins with.
  std::string where(const std::string& key) const { return config.where(pointer + "/" + key); }
};
/// Requires c.train.
TrainingSection train_section(const config::Config& c);
/// Requires c.qat().
TrainingSection quant_section(const config::Config& c);

// Each throws Error naming the file (or override) and the JSON pointer.

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainingSection& t,
                                                 std::vector<ParameterPtr> parameters);
/// Applies learning rate factors and freezing, in order. Throws Error for a pattern that matches
/// nothing and if nothing is left to train.
void apply_groups(const TrainingSection& t, Module& model, optim::Optimizer& optimizer);
/// Updates in an epoch of so many batches.
std::int64_t steps_per_epoch(const TrainingSection& t, std::int64_t batches);
/// Throws Error if the warm-up takes the whole run.
optim::LrSchedule make_schedule(const TrainingSection& t, std::int64_t steps_per_epoch);

}  // namespace octet::setup
