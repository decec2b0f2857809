// Sums over a whole batch, of which each member of a data-parallel training has a share. Not for
// users of the library.
#pragma once

#include <span>

#include "core/context.h"

namespace octet {

/// Adds up what the members have in `a` and `b`, of one length each, in place; returns the sum of
/// their `rows`. Without members everything stays as it is.
double batch_sums(Context& ctx, std::span<double> a, std::span<double> b, double rows);

}  // namespace octet
