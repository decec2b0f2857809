#include "layers/parameter_pattern.h"

#include <algorithm>

#include "base/nearest.h"

namespace octet {

namespace {

/// How far the literal text before the first * and behind the last one is from the ends of `name`.
std::size_t distance(std::string_view name, std::string_view pattern) {
  const std::size_t first = pattern.find('*');
  if (first == pattern.npos) return edit_distance(name, pattern);
  const std::string_view head = pattern.substr(0, first);
  const std::string_view tail = pattern.substr(pattern.rfind('*') + 1);
  const std::size_t of_tail = std::min(tail.size(), name.size());
  return edit_distance(head, name.substr(0, head.size())) +
         edit_distance(tail, name.substr(name.size() - of_tail));
}

/// What each star of `pattern` stands for in `name`; nothing if it does not match. The texts
/// between stars are looked for from left to right, each at its first place behind the one before:
/// if the name matches at all, it matches like this.
std::optional<std::vector<std::string_view>> star_texts(std::string_view name,
                                                        std::string_view pattern) {
  std::vector<std::string_view> texts;
  std::size_t star = pattern.find('*');
  if (star == pattern.npos) return name == pattern ? std::optional(texts) : std::nullopt;
  const std::string_view tail = pattern.substr(pattern.rfind('*') + 1);
  if (!name.starts_with(pattern.substr(0, star))) return std::nullopt;
  name.remove_prefix(star);
  if (!name.ends_with(tail)) return std::nullopt;
  name.remove_suffix(tail.size());
  for (std::size_t next; (next = pattern.find('*', star + 1)) != pattern.npos; star = next) {
    const std::string_view part = pattern.substr(star + 1, next - star - 1);
    const std::size_t at = name.find(part);
    if (at == name.npos) return std::nullopt;
    texts.push_back(name.substr(0, at));
    name.remove_prefix(at + part.size());
  }
  texts.push_back(name);
  return texts;
}

}  // namespace

bool matches_pattern(std::string_view name, std::string_view pattern) {
  return star_texts(name, pattern).has_value();
}

std::optional<std::string> rename_by_pattern(std::string_view name, std::string_view from,
                                             std::string_view to) {
  const auto stars = [](std::string_view p) { return std::count(p.begin(), p.end(), '*'); };
  OCTET_CHECK(stars(to) <= stars(from), "'", one_line(to), "' has more stars than '",
              one_line(from), "'");
  const auto texts = star_texts(name, from);
  if (!texts) return std::nullopt;
  std::string out;
  std::size_t next = 0;
  for (const char c : to) {
    if (c == '*') {
      out += (*texts)[next++];
    } else {
      out += c;
    }
  }
  return out;
}

std::string nearest_name(std::string_view pattern, const std::vector<std::string>& names) {
  const auto nearer = [&](const std::string& a, const std::string& b) {
    return distance(a, pattern) < distance(b, pattern);
  };
  const auto best = std::min_element(names.begin(), names.end(), nearer);
  return best == names.end() ? std::string() : *best;
}

std::vector<ParameterPtr> parameters_matching(const Module& module, std::string_view pattern) {
  std::vector<ParameterPtr> found;
  std::vector<std::string> names;
  for (NamedParameter& p : module.named_parameters()) {
    names.push_back(p.name);
    if (matches_pattern(p.name, pattern)) found.push_back(std::move(p.parameter));
  }
  OCTET_CHECK(!found.empty(), "no parameter matches '", one_line(pattern),
              "'; the nearest name is '", nearest_name(pattern, names), "'");
  return found;
}

void freeze(Module& module, std::string_view pattern, bool on) {
  for (const ParameterPtr& p : parameters_matching(module, pattern)) p->requires_grad = !on;
}

}  // namespace octet
