// Where a run starts from: "init" of its configuration.
#pragma once

#include <optional>
#include <vector>

#include "apps/trainer/session.h"

namespace octet::trainer {

/// "init.config x.json" or "init.checkpoint y.h5", for messages.
std::string init_name(const config::Config& c);

/// The float weights that init names. With init.config that configuration is run first if its run
/// is missing or unfinished; nothing is returned if the user stopped it. `begun`: the run of `c`
/// has begun already, so the result is empty where the weights are no longer to be had: an initial
/// run that is not finished is left alone, and a run's own checkpoint holds its own weights by now.
/// Throws Error if init.config comes back to `c` or to one of `ancestors`.
std::optional<std::vector<NamedTensor>> initial_weights(
    const config::Config& c, bool begun, const std::vector<std::filesystem::path>& ancestors,
    Progress& progress);

/// Loads them into the session's network. Throws Error naming what does not fit.
void load_initial_weights(Session& s, const std::vector<NamedTensor>& weights);

}  // namespace octet::trainer
