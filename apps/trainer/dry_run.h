// What a run would do, before it does it.
#pragma once

#include "apps/common/config/config.h"
#include "fit/progress.h"

namespace octet::trainer {

/// Says what the data hold, which layers the network has as the model that ships (shapes,
/// parameters, multiply-accumulates, what is fused), how large that is in flash and memory, and
/// about how long training takes, from a few steps on copies. Writes nothing. Throws Error for
/// whatever would stop the run before its first step.
void dry_run(const config::Config& config, Progress& progress);

}  // namespace octet::trainer
