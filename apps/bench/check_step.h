// Checks one training step on a small batch before anything is timed.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/bench/training_step.h"

namespace octet::bench {

/// The step of a few images against double precision on plain kernels: the loss of a float step,
/// and the gradient of every trained parameter (see largest_error). For the gradients double
/// precision takes over the values behind each op and differentiates the real functions between
/// them. A quantized step first: loss, every gradient, running statistics and observed ranges must
/// equal, bit for bit, those of a step on the portable integer kernels. An imported network is
/// compared with the same step on portable kernels alone. Throws Error if not; returns what was
/// found.
nlohmann::json check_step(Context& ctx, const Network& network);

}  // namespace octet::bench
