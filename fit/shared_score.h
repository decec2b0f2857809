// The leader's score, to all members of a data-parallel training.
#pragma once

#include <optional>

#include "core/communicator.h"
#include "fit/fit.h"

namespace octet {

/// What of it decides: value and tie_break; members other than the leader get no text. Without
/// members `score` itself.
std::optional<EpochScore> shared_score(Communicator* member, std::optional<EpochScore> score);

}  // namespace octet
