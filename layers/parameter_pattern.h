// Parameters by name pattern, for learning rates of their own and for freezing.
#pragma once

#include <string_view>
#include <vector>

#include "layers/module.h"

namespace octet {

/// Whether `name` matches `pattern`, in which * stands for any text, also none and dots. Takes time
/// name x pattern at most.
bool matches_pattern(std::string_view name, std::string_view pattern);

/// The parameters of `module` whose dotted names match. Throws Error, naming the nearest name, if
/// there are none.
std::vector<ParameterPtr> parameters_matching(const Module& module, std::string_view pattern);

/// Turns gradients of the matching parameters off (or on again): they keep their values. Running
/// statistics of batch norms are no parameters and still follow the batches. Throws Error as
/// parameters_matching.
void freeze(Module& module, std::string_view pattern, bool on = true);

}  // namespace octet
