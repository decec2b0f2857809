// Gradients of a data-parallel step.
#pragma once

#include <vector>

#include "core/context.h"
#include "core/parameter.h"

namespace octet::optim {

/// Adds up the gradients that the members of ctx have from their shares of a batch, in one message,
/// to all: of parameters with requires_grad; one that no member has stays empty. Without members
/// everything stays as it is. Call it behind backward and in front of clipping and the step, on the
/// same parameters in every member.
void sum_gradients(Context& ctx, const std::vector<ParameterPtr>& parameters);

}  // namespace octet::optim
