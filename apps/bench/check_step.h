// Checks one training step on a small batch before anything is timed.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/bench/training_step.h"

namespace octet::bench {

/// Float: loss and gradients against the same step in double precision on plain kernels; the
/// gradients' error is that of all of them as one vector, relative to its length. Quantized: loss,
/// every gradient, running statistics and observed ranges must equal, bit for bit, those of a step
/// on the portable integer kernels. Throws Error if not; returns what was found.
nlohmann::json check_step(Context& ctx, const Network& network, Mode mode);

}  // namespace octet::bench
