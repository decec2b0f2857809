#include "apps/common/config/suggest_key.h"

#include <algorithm>

#include "apps/common/config/config.h"
#include "apps/common/config/json_text.h"
#include "base/nearest.h"

namespace octet::config {
namespace {

/// Every key of a configuration, "train.optimizer.lr".
void collect(const Json& schema, const std::string& prefix, std::vector<std::string>& paths) {
  const auto properties = schema.find("properties");
  if (properties == schema.end()) return;
  for (const auto& [name, child] : properties->items()) {
    paths.push_back(prefix + name);
    collect(child, prefix + name + ".", paths);
  }
}

/// How far a guess may be from what was written, to be worth saying.
bool is_near(const std::string& name, std::string_view guess) {
  return edit_distance(name, guess) <=
         std::max<std::size_t>(2, std::min<std::size_t>(name.size(), 64) / 3);
}

}  // namespace

std::string suggest_choice(const std::string& name, const std::vector<std::string>& choices) {
  const std::string_view guess = nearest(name, choices);
  if (guess.empty() || !is_near(name, guess)) return {};
  return "; did you mean '" + std::string(guess) + "'?";
}

std::string suggest_key(const std::string& name, const std::string& pointer,
                        const std::vector<std::string>& known) {
  std::vector<std::string> paths, below, elsewhere;
  collect(Json::parse(schema_json()), "", paths);
  std::string here = pointer.empty() ? "" : pointer.substr(1) + ".";
  std::replace(here.begin(), here.end(), '/', '.');
  for (const std::string& path : paths) {
    if (!("." + path).ends_with("." + name)) continue;
    if (path.starts_with(here)) {
      below.push_back(path.substr(here.size()));
    } else {
      elsewhere.push_back(path);
    }
  }
  const std::vector<std::string>& same = below.empty() ? elsewhere : below;
  if (same.empty()) return suggest_choice(name, known);
  std::string text;
  for (const std::string& path : same) text += (text.empty() ? "'" : " or '") + path + "'";
  return "; did you mean " + text + "?";
}

}  // namespace octet::config
