// "--set a.b.c=value": changes to a configuration before it is checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/common/config/json_text.h"

namespace octet::config {

/// Where a value comes from, by JSON pointer: the override's text. A value that no entry names (or
/// a parent of it) comes from the file.
using Origins = std::map<std::string, std::string>;

/// Applies each override to `document`, making objects on the way. Throws Error if the text has no
/// '=', an empty part in its key or too many, or passes through something that is not an object.
Origins apply_overrides(Json& document, const std::vector<std::string>& overrides);

/// "file: /pointer", or "--set ...: /pointer" where an override set that value or one around it.
std::string where(const std::string& file, const Origins& origins, const std::string& pointer);

}  // namespace octet::config
