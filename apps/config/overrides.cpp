#include "apps/config/overrides.h"

#include "core/error.h"

namespace octet::config {
namespace {

/// JSON if it is that, else the text itself; so name=x needs no quotes.
Json parse_value(const std::string& text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(text) : value;
}

}  // namespace

Origins apply_overrides(Json& document, const std::vector<std::string>& overrides) {
  Origins origins;
  for (const std::string& text : overrides) {
    const auto equals = text.find('=');
    OCTET_CHECK(equals != std::string::npos && equals > 0, "--set ", text,
                ": expected key=value, as in train.epochs=3");
    Json* at = &document;
    std::string pointer;
    std::size_t begin = 0;
    const std::string path = text.substr(0, equals);
    while (begin <= path.size()) {
      const std::size_t end = std::min(path.find('.', begin), path.size());
      const std::string key = path.substr(begin, end - begin);
      OCTET_CHECK(!key.empty(), "--set ", text, ": the key has an empty part");
      if (at->is_null()) *at = Json::object();
      OCTET_CHECK(at->is_object(), "--set ", text, ": ", pointer, " is not an object but ",
                  got(*at));
      at = &(*at)[key];
      pointer = child_pointer(pointer, key);
      begin = end + 1;
    }
    *at = parse_value(text.substr(equals + 1));
    origins[pointer] = "--set " + text;
  }
  return origins;
}

std::string where(const std::string& file, const Origins& origins, const std::string& pointer) {
  std::string from = file;
  for (std::string at = pointer; !at.empty(); at.erase(at.rfind('/'))) {
    if (const auto set = origins.find(at); set != origins.end()) {
      from = set->second;
      break;
    }
  }
  return from + ": " + (pointer.empty() ? "/" : pointer);
}

}  // namespace octet::config
