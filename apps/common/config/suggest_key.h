// What an unknown key may have meant.
#pragma once

#include <string>
#include <vector>

namespace octet::config {

/// "; did you mean ...?" for the key `name` of the object at `pointer`, whose keys are `known`:
/// keys of that name elsewhere in a configuration, those below the object first ("optimizer.lr");
/// else the nearest known one. Empty if nothing is near.
std::string suggest_key(const std::string& name, const std::string& pointer,
                        const std::vector<std::string>& known);

/// "; did you mean 'x'?" of a name among choices; empty if nothing is near.
std::string suggest_choice(const std::string& name, const std::vector<std::string>& choices);

}  // namespace octet::config
