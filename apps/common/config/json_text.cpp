#include "apps/common/config/json_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/printable.h"

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

/// Finds, while the document is parsed, what a parser takes and a configuration does not.
class Watch {
 public:
  explicit Watch(std::string origin) : origin_(std::move(origin)) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      OCTET_CHECK(depth < max_json_depth, origin_,
                  ": lists and objects inside each other: ", "expected at most ", max_json_depth);
    }
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key) add(value.get_ref<const std::string&>());
    return true;
  }

 private:
  // An object finds a key by looking at all before it.
  static constexpr std::size_t most_keys = 1000;

  void add(const std::string& key) {
    std::set<std::string>& keys = open_.back();
    OCTET_CHECK(keys.insert(key).second, origin_, ": the key '", one_line(key),
                "' stands twice in one object");
    OCTET_CHECK(keys.size() <= most_keys, origin_, ": an object with more than ", most_keys,
                " keys");
  }

  std::string origin_;
  std::vector<std::set<std::string>> open_;
};

Json parse(const std::string& text, const std::string& origin, bool comments) {
  return Json::parse(
      text,
      [watch = Watch(origin)](int depth, Json::parse_event_t e, Json& value) mutable {
        return watch(depth, e, value);
      },
      /*allow_exceptions=*/true, comments);
}

}  // namespace

Json parse_json(const std::string& text, const std::string& origin) {
  // The parser takes it for the end.
  const std::size_t nul = text.find('\0');
  OCTET_CHECK(nul == text.npos, origin, ":", place(text, nul), ": expected text, got a NUL byte");
  try {
    return parse(text, origin, /*comments=*/true);
  } catch (const Json::parse_error& e) {
    // The library counts bytes from 1 and names the last one it read.
    fail(origin, ":", place(text, e.byte > 0 ? e.byte - 1 : 0), ": syntax error in ",
         printable_text(reason(e.what())));
  } catch (const Json::exception& e) {
    fail(origin, ": ", printable_text(reason(e.what())));
  }
}

std::optional<Json> parse_if_json(const std::string& text, const std::string& origin) {
  try {
    return parse(text, origin, /*comments=*/false);
  } catch (const Json::exception&) {
    return std::nullopt;
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
