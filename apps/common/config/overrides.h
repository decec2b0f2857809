// "--set a.b.c=value": changes to a configuration before it is checked.
#pragma once

#include <string>
#include <vector>

#include "apps/common/config/json_text.h"
#include "apps/common/config/origins.h"

namespace octet::config {

/// Applies each override to `document`, making objects on the way, and notes it in `origins`.
/// Throws Error if the text has no '=', an empty part in its key or too many, or passes through
/// something that is not an object.
void apply_overrides(Json& document, const std::vector<std::string>& overrides, Origins& origins);

}  // namespace octet::config
