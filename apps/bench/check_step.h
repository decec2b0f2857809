// Checks one training step on a small batch before anything is timed.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/bench/training_step.h"

namespace octet::bench {

/// The step of a few images against the same step in double precision on plain kernels: the loss,
/// and the gradient of every trained parameter, whose error is that of the tensor as one vector,
/// relative to its length (at least 1e-4 of the length of all gradients together). A quantized step
/// first: loss, every gradient, running statistics and observed ranges must equal, bit for bit,
/// those of a step on the portable integer kernels; double precision then takes over the values
/// behind each layer and differentiates the real functions between them. Throws Error if not;
/// returns what was found.
nlohmann::json check_step(Context& ctx, const Network& network);

}  // namespace octet::bench
