// Where a run starts from: "init" of its configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/trainer/run.h"
#include "interop/arrays/stored_tensor.h"

namespace octet::trainer {

/// "init.config x.json", "init.checkpoint y.h5" or "init.import z.npz", for messages.
std::string init_name(const config::Config& c);

struct InitialWeights {
  WeightFile file;
  std::string hash;  ///< of a checkpoint's weights; empty: of init.import, or not to be had
};

/// The float weights that init names. With init.config that configuration is run first if its run
/// is missing or unfinished; nothing is returned if the user stopped it. `begun`: the run of `c`
/// has begun already, so there are no tensors where they are no longer to be had or wanted: an
/// initial run that is not finished is left alone, a run's own checkpoint holds its own weights by
/// now, and the file of init.import is not read again.
/// `options`: of the run of `c`. Throws Error if init.config comes back to `c` or to one of the
/// ancestors.
std::optional<InitialWeights> initial_weights(const config::Config& c, bool begun,
                                              const RunOptions& options, Progress& progress);

/// Throws Error if the run in `checkpoint` did not begin with init.import's file, as far as its
/// name tells (it may lie elsewhere by now).
void check_same_import(const config::Config& c, const Checkpoint& checkpoint);

/// Transfers them into the session's network and says what was new. Throws Error if nothing fits,
/// or if something is new and nothing will be trained.
void load_initial_weights(Session& s, const InitialWeights& weights);

}  // namespace octet::trainer
