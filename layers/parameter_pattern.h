// Parameters by name pattern, for learning rates of their own and for freezing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layers/module.h"

namespace octet {

/// Whether `name` matches `pattern`, in which * stands for any text, also none and dots. Takes time
/// name x pattern at most.
bool matches_pattern(std::string_view name, std::string_view pattern);

/// The name that `to` makes of `name`, if that matches `from`: each * of `to` stands for the text
/// of the * of `from` in the same place, in order ("blocks.*.bn", "layer*.norm"). Where several
/// texts match, earlier stars stand for as little as possible. Throws Error if `to` has more stars.
std::optional<std::string> rename_by_pattern(std::string_view name, std::string_view from,
                                             std::string_view to);

/// The first of the names that come nearest to matching; empty if there are none.
std::string nearest_name(std::string_view pattern, const std::vector<std::string>& names);

/// The parameters of `module` whose dotted names match. Throws Error, naming the nearest name, if
/// there are none.
std::vector<ParameterPtr> parameters_matching(const Module& module, std::string_view pattern);

/// Turns gradients of the matching parameters off (or on again): they keep their values. Running
/// statistics of batch norms are no parameters and still follow the batches. Throws Error as
/// parameters_matching.
void freeze(Module& module, std::string_view pattern, bool on = true);

}  // namespace octet
