#include "apps/common/config/config_reader.h"

#include <algorithm>
#include <sstream>

#include "apps/common/config/expand.h"
#include "apps/common/config/suggest_key.h"
#include "base/error.h"

namespace octet::config {
namespace {

std::string range_text(const NumberRange& r) {
  std::ostringstream out;
  out << (r.min_excluded ? '(' : '[') << r.min << ", " << r.max << (r.max_excluded ? ')' : ']');
  return out.str();
}

bool is_in(const Json& json, const IntRange& range) {
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::max<std::int64_t>(range.max, 0)))
    return false;
  return json.is_number_integer() && json.get<std::int64_t>() >= range.min &&
         json.get<std::int64_t>() <= range.max;
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
    if (key.required && frame.missing.empty() && applies(key, frame.selection))
      frame.missing = name;
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
  if (!is_in(*json, range)) {
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

void Reader::integers(const Key& key, std::vector<std::int64_t>& value, const IntRange& range,
                      std::size_t most) {
  const Json* json = find(key);
  if (!json) return;
  const Json items = json->is_array() ? *json : Json::array({*json});
  const auto fits = [&](const Json& item) { return is_in(item, range); };
  if (items.empty() || items.size() > most || !std::all_of(items.begin(), items.end(), fits)) {
    wrong(pointer_of(key),
          text_of("an integer in [", range.min, ", ", range.max, "] or a list of up to ", most,
                  " of them"),
          *json);
  }
  value = items.get<std::vector<std::int64_t>>();
}

void Reader::sources(const Key& key, std::vector<std::string>& value) {
  const Json* json = find(key);
  if (!json) return;
  const Json items = json->is_array() ? *json : Json::array({*json});
  if (items.empty()) wrong(pointer_of(key), "at least one name or negative number", *json);
  value.clear();
  for (const Json& item : items) {
    if (item.is_string() && !item.get<std::string>().empty()) {
      value.push_back(item.get<std::string>());
    } else if (is_in(item, {-100000, -1})) {
      value.push_back(std::to_string(item.get<std::int64_t>()));
    } else {
      wrong(pointer_of(key), "a layer's name, a negative number (-1: the layer before), or a list",
            item);
    }
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
  const Origin* origin = find_origin(origins_, pointer);
  std::filesystem::path folder = origin ? origin->folder : folder_;
  if (key.name == "out") folder.clear();
  value.path = expand_path(value.text, folder, where(pointer));
}

void Reader::choice(const Key& key, std::string& value, const std::vector<std::string>& choices) {
  if (const Json* json = find(key)) {
    if (!json->is_string()) wrong(pointer_of(key), "one of " + list(choices), *json);
    const auto name = json->get<std::string>();
    OCTET_CHECK(std::find(choices.begin(), choices.end(), name) != choices.end(),
                where(pointer_of(key)), ": expected one of ", list(choices), ", got ", got(*json),
                suggest_choice(name, choices));
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
    const std::string guess = suggest_key(name, frame.pointer, frame.known);
    fail(where(child_pointer(frame.pointer, name)), ": unknown key", guess.empty() ? "." : guess,
         " Known here: ", list(frame.known));
  }
  OCTET_CHECK(frame.missing.empty(), where(frame.pointer), ": the key '", frame.missing,
              "' is required");
}

}  // namespace octet::config
