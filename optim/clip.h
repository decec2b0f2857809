// Gradient clipping.
#pragma once

#include <vector>

#include "core/context.h"
#include "core/parameter.h"

namespace octet::optim {

/// Scales all gradients by max_norm / (norm + 1e-6) if that is below 1, where norm is the Euclidean
/// norm of all of them together, and returns norm. Parameters that an optimizer would skip are left
/// out. If norm is not finite, the gradients stay as they are and the caller decides. The sum is in
/// double, in an order fixed by the shapes. Throws Error unless max_norm > 0.
double clip_grad_norm(Context& ctx, const std::vector<ParameterPtr>& parameters, double max_norm);

}  // namespace octet::optim
