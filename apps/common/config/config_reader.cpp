#include "apps/common/config/config_reader.h"

#include <algorithm>
#include <sstream>

#include "apps/common/config/expand.h"
#include "base/error.h"
#include "base/nearest.h"

namespace octet::config {
namespace {

std::string range_text(const NumberRange& r) {
  std::ostringstream out;
  out << (r.min_excluded ? '(' : '[') << r.min << ", " << r.max << (r.max_excluded ? ')' : ']');
  return out.str();
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

}  // namespace

Reader::Reader(const Json& document, std::string file, std::filesystem::path folder,
               Origins origins)
    : file_(std::move(file)), folder_(std::move(folder)), origins_(std::move(origins)) {
  OCTET_CHECK(document.is_object(), file_, ": expected an object, got ", got(document));
  push(document, "");
}

void Reader::push(const Json& object, std::string pointer) {
  Frame frame;
  frame.object = &object;
  frame.pointer = std::move(pointer);
  frames_.push_back(std::move(frame));
}

bool Reader::overridden(std::string pointer) const {
  for (; !pointer.empty(); pointer.erase(pointer.rfind('/'))) {
    if (origins_.contains(pointer)) return true;
  }
  return false;
}

std::string Reader::where(const std::string& pointer) const {
  return config::where(file_, origins_, pointer);
}

std::string Reader::pointer_of(const Key& key) const {
  return child_pointer(frames_.back().pointer, std::string(key.name));
}

void Reader::wrong(const std::string& pointer, const std::string& expected,
                   const Json& value) const {
  fail(where(pointer), ": expected ", expected, ", got ", got(value));
}

const Json* Reader::find(const Key& key) {
  Frame& frame = frames_.back();
  const std::string name(key.name);
  frame.known.push_back(name);
  const auto it = frame.object->find(name);
  if (it == frame.object->end()) {
    if (key.required && frame.missing.empty()) frame.missing = name;
    return nullptr;
  }
  OCTET_CHECK(applies(key, frame.selection), where(pointer_of(key)), ": this key is for ",
              frame.selected_by, " = ", key.when, ", but ",
              child_pointer(frame.pointer, frame.selected_by), " is ", frame.selection);
  return &*it;
}

void Reader::integer(const Key& key, std::int64_t& value, const IntRange& range) {
  const Json* json = find(key);
  if (!json) return;
  const auto in_range = [&] {
    if (json->is_number_unsigned())
      return json->get<std::uint64_t>() <= static_cast<std::uint64_t>(range.max) &&
             json->get<std::int64_t>() >= range.min;
    return json->get<std::int64_t>() >= range.min && json->get<std::int64_t>() <= range.max;
  };
  if (!json->is_number_integer() || !in_range()) {
    wrong(pointer_of(key),
          "an integer in [" + std::to_string(range.min) + ", " + std::to_string(range.max) + "]",
          *json);
  }
  value = json->get<std::int64_t>();
}

double Reader::checked_number(const Json& value, const std::string& pointer, const NumberRange& r) {
  const std::string expected = "a number in " + range_text(r);
  if (!value.is_number()) wrong(pointer, expected, value);
  const double v = value.get<double>();
  const bool above = r.min_excluded ? v > r.min : v >= r.min;
  const bool below = r.max_excluded ? v < r.max : v <= r.max;
  if (!above || !below) wrong(pointer, expected, value);
  return v;
}

void Reader::number(const Key& key, double& value, const NumberRange& range) {
  if (const Json* json = find(key)) value = checked_number(*json, pointer_of(key), range);
}

void Reader::numbers(const Key& key, std::vector<double>& value, const NumberRange& range) {
  const Json* json = find(key);
  if (!json) return;
  const std::string pointer = pointer_of(key);
  if (!json->is_array() || json->empty()) wrong(pointer, "a list of numbers", *json);
  value.clear();
  for (std::size_t i = 0; i < json->size(); ++i) {
    value.push_back(checked_number((*json)[i], child_pointer(pointer, std::to_string(i)), range));
  }
}

void Reader::boolean(const Key& key, bool& value) {
  const Json* json = find(key);
  if (!json) return;
  if (!json->is_boolean()) wrong(pointer_of(key), "true or false", *json);
  value = json->get<bool>();
}

void Reader::text(const Key& key, std::string& value) {
  const Json* json = find(key);
  if (!json) return;
  if (!json->is_string()) wrong(pointer_of(key), "a string", *json);
  value = json->get<std::string>();
}

void Reader::texts(const Key& key, std::vector<std::string>& value) {
  const Json* json = find(key);
  if (!json) return;
  const std::string pointer = pointer_of(key);
  if (!json->is_array()) wrong(pointer, "a list of strings", *json);
  value.clear();
  for (std::size_t i = 0; i < json->size(); ++i) {
    const Json& item = (*json)[i];
    if (!item.is_string()) wrong(child_pointer(pointer, std::to_string(i)), "a string", item);
    value.push_back(item.get<std::string>());
  }
}

void Reader::pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) {
  const Json* json = find(key);
  if (!json) return;
  const std::string pointer = pointer_of(key);
  if (!json->is_array()) wrong(pointer, "a list of [from, to] pairs", *json);
  value.clear();
  for (std::size_t i = 0; i < json->size(); ++i) {
    const Json& item = (*json)[i];
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_string()) {
      wrong(child_pointer(pointer, std::to_string(i)), "a pair of strings, [from, to]", item);
    }
    value.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
  }
}

void Reader::file_name(const Key& key, std::string& value) {
  const Json* json = find(key);
  if (!json) return;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const std::string name = json->is_string() ? json->get<std::string>() : std::string();
  if (name.empty() || name.size() > 100 || name[0] == '.' || name[0] == '-' ||
      !std::all_of(name.begin(), name.end(), allowed)) {
    wrong(pointer_of(key),
          "a name of letters, digits, '.', '_' and '-' (at most 100, not starting with '.' or '-')",
          *json);
  }
  value = name;
}

void Reader::path(const Key& key, Path& value) {
  const Json* json = find(key);
  if (!json) return;
  const std::string pointer = pointer_of(key);
  if (!json->is_string() || json->get<std::string>().empty()) wrong(pointer, "a path", *json);
  value.text = json->get<std::string>();
  if (value.text.find('\0') != std::string::npos) {
    wrong(pointer, "a path without NUL characters", *json);
  }
  const bool to_current = overridden(pointer) || key.name == "out";
  value.path =
      expand_path(value.text, to_current ? std::filesystem::path() : folder_, where(pointer));
}

void Reader::choice(const Key& key, std::string& value, const std::vector<std::string>& choices) {
  if (const Json* json = find(key)) {
    if (!json->is_string()) wrong(pointer_of(key), "one of " + list(choices), *json);
    const auto name = json->get<std::string>();
    OCTET_CHECK(std::find(choices.begin(), choices.end(), name) != choices.end(),
                where(pointer_of(key)), ": expected one of ", list(choices), ", got ", got(*json),
                "; did you mean '", nearest(name, choices), "'?");
    value = name;
  }
  if (key.selects) {
    frames_.back().selected_by = key.name;
    frames_.back().selection = value;
  }
}

bool Reader::visit_word(const Key& key, std::string_view word, bool& chosen) {
  const Json& object = *frames_.back().object;
  const auto it = object.find(std::string(key.name));
  chosen = it != object.end() && it->is_string();
  if (!chosen) return false;
  const Json& json = *find(key);
  if (json.get<std::string>() != word) {
    wrong(pointer_of(key), "the word \"" + std::string(word) + "\" or no text", json);
  }
  return true;
}

bool Reader::begin(const Key& key) {
  const Json* json = find(key);
  const std::string pointer = pointer_of(key);
  if (json && !json->is_object()) wrong(pointer, "an object", *json);
  if (!json) return false;
  push(*json, pointer);
  return true;
}

bool Reader::begin_optional(const Key& key, bool) {
  return begin(key);
}

std::optional<std::size_t> Reader::begin_list(const Key& key, std::size_t) {
  const Json* json = find(key);
  if (!json) return std::nullopt;
  list_pointer_ = pointer_of(key);
  if (!json->is_array()) wrong(list_pointer_, "a list of objects", *json);
  list_ = json;
  return json->size();
}

void Reader::begin_item(std::size_t index) {
  const Json& item = (*list_)[index];
  const std::string pointer = child_pointer(list_pointer_, std::to_string(index));
  if (!item.is_object()) wrong(pointer, "an object", item);
  push(item, pointer);
}

void Reader::end() {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  for (const auto& [name, value] : frame.object->items()) {
    if (std::find(frame.known.begin(), frame.known.end(), name) != frame.known.end()) continue;
    fail(where(child_pointer(frame.pointer, name)), ": unknown key; did you mean '",
         nearest(name, frame.known), "'? Known here: ", list(frame.known));
  }
  OCTET_CHECK(frame.missing.empty(), where(frame.pointer), ": the key '", frame.missing,
              "' is required");
}

}  // namespace octet::config
