// The heads of a configuration: several outputs, each with a task of its own.
#pragma once

#include <vector>

#include "apps/common/config/config.h"
#include "apps/common/task_entry.h"
#include "data/data_options.h"
#include "data/source.h"
#include "eval/task_head.h"

namespace octet::setup {

/// What the model's file says of them.
std::vector<HeadEntry> head_entries(const config::Config& c);
/// Puts the heads' columns and names of classes into `options`, if the format is CSV.
void add_head_columns(const config::Config& c, DataOptions& options);

/// Puts into `c` what "auto" and 0 mean in its heads. Throws Error naming the configuration for
/// heads that the data has no targets for, losses that do not fit, and two heads of one name.
void resolve_heads(config::Config& c, const Dataset& train);
/// Throws Error naming the split for a target that is no class of its head.
void check_head_targets(const config::Config& c, const Dataset& split);

/// Requires resolve_heads(). `training`: with smoothing and weights of classes.
std::vector<TaskHead> make_heads(const config::Config& c, bool training);

}  // namespace octet::setup
