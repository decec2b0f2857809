// One table of configuration keys, many uses: describe() in config.cpp names every key once, with
// type, range, default and meaning; visitors read, print or document it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace octet::config {

struct Key {
  std::string_view name;
  std::string_view doc;
  bool required = false;
  /// Choices only: the value selects which of the object's keys apply (see `when`).
  bool selects = false;
  /// Space-separated values of the selecting key under which this key may stand; empty: always.
  /// A required key is required under these.
  std::string_view when = {};
  /// The key changes speed, places or names, but no result: a run may go on under another value.
  bool neutral = false;
  /// Of a key that was added later: what runs did before there was the key ("false", "0"). They go
  /// on if it has this value, because what decides on that leaves it out (see to_json). Of an
  /// object "{}": it is left out if all its keys are.
  std::string_view unsaid = {};
};

/// Whether `key` may stand in an object whose selecting key has the value `selection`.
inline bool applies(const Key& key, std::string_view selection) {
  std::string_view words = key.when;
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == selection) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return key.when.empty();
}

struct IntRange {
  std::int64_t min, max;
};
struct NumberRange {
  double min, max;
  bool min_excluded = false, max_excluded = false;
};

/// A file or folder. `text` is what was written; `path` is absolute or relative to the current
/// directory, variables expanded.
struct Path {
  std::string text;
  std::filesystem::path path;
};

/// What is done with each key. Values hold their defaults when a visit begins.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  virtual void integer(const Key& key, std::int64_t& value, const IntRange& range) = 0;
  virtual void number(const Key& key, double& value, const NumberRange& range) = 0;
  /// A non-empty list.
  virtual void numbers(const Key& key, std::vector<double>& value, const NumberRange& range) = 0;
  /// An integer, or a list of 1 to `most`; both are a list here. Empty by default.
  virtual void integers(const Key& key, std::vector<std::int64_t>& value, const IntRange& range,
                        std::size_t most) = 0;
  /// A text or a negative integer, or a list of these, not empty. Empty by default.
  virtual void sources(const Key& key, std::vector<std::string>& value) = 0;
  virtual void boolean(const Key& key, bool& value) = 0;
  virtual void text(const Key& key, std::string& value) = 0;
  /// A list, empty by default.
  virtual void texts(const Key& key, std::vector<std::string>& value) = 0;
  /// A list of pairs, each [from, to], empty by default.
  virtual void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) = 0;
  /// A name that can be a file's name: letters, digits, '.', '_' and '-', not starting with '.'.
  virtual void file_name(const Key& key, std::string& value) = 0;
  virtual void path(const Key& key, Path& value) = 0;
  virtual void choice(const Key& key, std::string& value,
                      const std::vector<std::string>& choices) = 0;

  /// Numbers or an object, or `word` in their place, which sets `chosen`.
  void integer_or(const Key& key, std::string_view word, bool& chosen, std::int64_t& value,
                  const IntRange& range) {
    if (!visit_word(key, word, chosen)) integer(key, value, range);
  }
  void integers_or(const Key& key, std::string_view word, bool& chosen,
                   std::vector<std::int64_t>& value, const IntRange& range, std::size_t most) {
    if (!visit_word(key, word, chosen)) integers(key, value, range, most);
  }
  void numbers_or(const Key& key, std::string_view word, bool& chosen, std::vector<double>& value,
                  const NumberRange& range) {
    if (!visit_word(key, word, chosen)) numbers(key, value, range);
  }
  template <class T>
  void object_or(const Key& key, std::string_view word, bool& chosen, T& value) {
    if (!visit_word(key, word, chosen)) object(key, value);
  }

  void integer(const Key& key, int& value, const IntRange& range) {
    std::int64_t wide = value;
    integer(key, wide, range);
    value = static_cast<int>(wide);
  }
  /// An object that is always there; absent, its keys have their defaults.
  template <class T>
  void object(const Key& key, T& value) {
    if (!begin(key)) return;
    describe(*this, value);
    end();
  }
  /// An object that means something by being absent.
  template <class T>
  void object(const Key& key, std::optional<T>& value) {
    if (!begin_optional(key, value.has_value())) return;
    if (!value) value.emplace();
    describe(*this, *value);
    end();
  }

  /// A list of objects, empty by default.
  template <class T>
  void objects(const Key& key, std::vector<T>& value) {
    const std::optional<std::size_t> size = begin_list(key, value.size());
    if (!size) return;
    value.resize(*size);
    for (std::size_t i = 0; i < *size; ++i) {
      T item = value[i];
      begin_item(i);
      describe(*this, item);
      end_item();
      value[i] = std::move(item);
    }
    end_list();
  }

 protected:
  /// How many items to visit, of a list that has `size` now; none: skip the list.
  virtual std::optional<std::size_t> begin_list(const Key& key, std::size_t size) = 0;
  virtual void begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;
  /// True: the word is the value, and nothing else of the key is visited.
  virtual bool visit_word(const Key& key, std::string_view word, bool& chosen) = 0;
  /// False: skip the object.
  virtual bool begin(const Key& key) = 0;
  virtual bool begin_optional(const Key& key, bool present) = 0;
  virtual void end() = 0;
};

}  // namespace octet::config
