#include "layers/parameter_pattern.h"

#include "core/nearest.h"

namespace octet {

bool matches_pattern(std::string_view name, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (star == pattern.npos) return name == pattern;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= name.size(); ++at) {
    if (matches_pattern(name.substr(at), rest)) return true;
  }
  return false;
}

std::vector<ParameterPtr> parameters_matching(const Module& module, std::string_view pattern) {
  std::vector<ParameterPtr> found;
  std::vector<std::string> names;
  for (NamedParameter& p : module.named_parameters()) {
    names.push_back(p.name);
    if (matches_pattern(p.name, pattern)) found.push_back(std::move(p.parameter));
  }
  OCTET_CHECK(!found.empty(), "no parameter matches '", pattern, "'; the nearest name is '",
              names.empty() ? "" : nearest(pattern, names), "'");
  return found;
}

void freeze(Module& module, std::string_view pattern, bool on) {
  for (const ParameterPtr& p : parameters_matching(module, pattern)) p->requires_grad = !on;
}

}  // namespace octet
