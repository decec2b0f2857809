// Reads a JSON document into the configuration, strictly.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "apps/common/config/field_visitor.h"
#include "apps/common/config/json_text.h"
#include "apps/common/config/overrides.h"

namespace octet::config {

class Reader final : public FieldVisitor {
 public:
  /// `folder`: what relative paths in the file are relative to.
  Reader(const Json& document, std::string file, std::filesystem::path folder, Origins origins);

  using FieldVisitor::integer;
  void integer(const Key& key, std::int64_t& value, const IntRange& range) override;
  void number(const Key& key, double& value, const NumberRange& range) override;
  void numbers(const Key& key, std::vector<double>& value, const NumberRange& range) override;
  void integers(const Key& key, std::vector<std::int64_t>& value, const IntRange& range,
                std::size_t most) override;
  void sources(const Key& key, std::vector<std::string>& value) override;
  void boolean(const Key& key, bool& value) override;
  void text(const Key& key, std::string& value) override;
  void texts(const Key& key, std::vector<std::string>& value) override;
  void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& value) override;
  void file_name(const Key& key, std::string& value) override;
  void path(const Key& key, Path& value) override;
  void choice(const Key& key, std::string& value, const std::vector<std::string>& choices) override;

  /// Ends the outermost object. Call after describe().
  void finish() { end(); }

 private:
  bool visit_word(const Key& key, std::string_view word, bool& chosen) override;
  bool begin(const Key& key) override;
  bool begin_optional(const Key& key, bool present) override;
  void end() override;
  std::optional<std::size_t> begin_list(const Key& key, std::size_t size) override;
  void begin_item(std::size_t index) override;
  void end_item() override { end(); }
  void end_list() override { list_ = nullptr; }

  struct Frame {
    const Json* object;
    std::string pointer;
    std::vector<std::string> known;
    std::string missing;  // the first required key that is not there
    std::string selected_by, selection;
  };
  /// Notes the key as known; the value, or null if it is not there.
  const Json* find(const Key& key);
  void push(const Json& object, std::string pointer);
  double checked_number(const Json& value, const std::string& pointer, const NumberRange& range);
  /// "file: /pointer" or "--set ...: /pointer"
  std::string where(const std::string& pointer) const;
  std::string pointer_of(const Key& key) const;
  [[noreturn]] void wrong(const std::string& pointer, const std::string& expected,
                          const Json& value) const;

  std::string file_;
  std::filesystem::path folder_;
  Origins origins_;
  std::vector<Frame> frames_;
  const Json* list_ = nullptr;  // being read; lists hold no lists
  std::string list_pointer_;
};

}  // namespace octet::config
