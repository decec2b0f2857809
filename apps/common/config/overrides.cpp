#include "apps/common/config/overrides.h"

#include <algorithm>
#include <optional>

#include "base/error.h"

namespace octet::config {
namespace {

/// JSON if it is that, else the text itself; so name=x needs no quotes.
Json parse_value(const std::string& text, const std::string& origin) {
  std::optional<Json> value = parse_if_json(text, origin);
  return value ? std::move(*value) : Json(text);
}

}  // namespace

void apply_overrides(Json& document, const std::vector<std::string>& overrides, Origins& origins) {
  for (const std::string& text : overrides) {
    const std::string origin = "--set " + one_line(text);
    const auto equals = text.find('=');
    OCTET_CHECK(equals != std::string::npos && equals > 0, origin,
                ": expected key=value, as in train.epochs=3");
    Json* at = &document;
    std::string pointer;
    std::size_t begin = 0;
    const std::string path = text.substr(0, equals);
    OCTET_CHECK(std::count(path.begin(), path.end(), '.') < max_json_depth, origin,
                ": expected a key of at most ", max_json_depth, " parts");
    while (begin <= path.size()) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      const std::string key = path.substr(begin, end - begin);
      OCTET_CHECK(!key.empty(), origin, ": the key has an empty part");
      if (at->is_null()) *at = Json::object();
      OCTET_CHECK(at->is_object(), origin, ": ", one_line(pointer), " is not an object but ",
                  got(*at));
      at = &(*at)[key];
      pointer = child_pointer(pointer, key);
      begin = end + 1;
    }
    *at = parse_value(text.substr(equals + 1), origin);
    forget(origins, pointer);
    origins[pointer] = {origin, {}};
  }
}

}  // namespace octet::config
