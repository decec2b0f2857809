// A run from its configuration to its outputs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/common/config/config.h"
#include "apps/trainer/train_loop.h"
#include "fit/progress.h"

namespace octet::trainer {

struct RunOptions {
  bool resume = false;     ///< go on with an unfinished run; without one, start
  bool overwrite = false;  ///< start over; an earlier run is kept aside until this one is finished
  /// Where the float network's weights go when the run is finished, as safetensors; empty: nowhere.
  std::filesystem::path weights = {};
  /// What the model that ships must reach on the test split: see parse_limits().
  std::vector<std::string> fail_below = {}, fail_above = {};
  /// Configurations that wait for this one (init.config), canonical paths; empty: none, and the
  /// closing table is printed.
  std::vector<std::filesystem::path> ancestors;
  /// The leader's of a run by several members; null: there is one.
  Team* team = nullptr;
};

/// The data of a configuration, which gets what is decided by them: see setup::prepare_data().
DataSource open_run_data(config::Config& config, Progress& progress);
/// Says what the training split is, and warns of a normalization that does not fit it.
void say_data(const Session& s);

/// Starts, continues or reports the run of `config`. Runs the configuration named by
/// init.config first where that is needed. Throws Error if the run's folder holds something that
/// `options` does not cover, for limits that are not of its task, and when the run is finished if
/// its model is beyond them.
Outcome run(const config::Config& config, const RunOptions& options, Progress& progress);

}  // namespace octet::trainer
