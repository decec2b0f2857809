#include "apps/config/json_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/error.h"

namespace octet::config {
namespace {

/// Line and column (both from 1) of a byte.
std::string place(const std::string& text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const auto at = text.begin() + static_cast<std::ptrdiff_t>(byte);
  const auto line = std::count(text.begin(), at, '\n') + 1;
  const std::size_t start = byte == 0 ? 0 : text.rfind('\n', byte - 1) + 1;  // npos + 1 is 0
  return std::to_string(line) + ":" + std::to_string(byte - start + 1);
}

/// The library's message without its prefix "[json.exception...] parse error at ...: ".
std::string reason(const std::string& what) {
  std::string r = what;
  if (const auto bracket = r.find("] "); bracket != std::string::npos) r.erase(0, bracket + 2);
  for (const char* prefix : {": syntax error while parsing ", ": "}) {
    const auto at = r.find(prefix);
    if (r.starts_with("parse error") && at != std::string::npos) {
      return r.substr(at + std::string(prefix).size());
    }
  }
  return r;
}

/// Finds repeated keys while the document is parsed.
class KeyWatch {
 public:
  explicit KeyWatch(std::string origin) : origin_(std::move(origin)) {}

  bool operator()(Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key) {
      const auto key = value.get<std::string>();
      OCTET_CHECK(open_.back().insert(key).second, origin_, ": the key '", key,
                  "' stands twice in one object");
    }
    return true;
  }

 private:
  std::string origin_;
  std::vector<std::set<std::string>> open_;
};

}  // namespace

Json parse_json(const std::string& text, const std::string& origin) {
  KeyWatch watch(origin);
  try {
    return Json::parse(
        text, [&watch](int, Json::parse_event_t e, Json& value) { return watch(e, value); },
        /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const Json::parse_error& e) {
    // The library counts bytes from 1 and names the last one it read.
    fail(origin, ":", place(text, e.byte > 0 ? e.byte - 1 : 0), ": syntax error in ",
         reason(e.what()));
  } catch (const Json::exception& e) {
    fail(origin, ": ", reason(e.what()));
  }
}

std::string got(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_null()) return "null";
  constexpr std::size_t longest = 60;
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  if (value.is_string()) return "the string " + text;
  return text;
}

std::string child_pointer(const std::string& pointer, const std::string& key) {
  std::string out = pointer + "/";
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

}  // namespace octet::config
