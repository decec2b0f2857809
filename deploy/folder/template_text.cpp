#include "deploy/folder/template_text.h"

#include "base/error.h"

namespace octet::deploy {
namespace {

class Filler {
 public:
  Filler(std::string_view text, const Values& values, const std::string& where)
      : rest_(text), values_(values), where_(where) {}

  /// Up to the end of section `name`, or of the text if it is empty.
  std::string fill(const std::string& name, bool shown) {
    std::string out;
    for (;;) {
      const auto open = rest_.find("{{");
      if (shown) out += rest_.substr(0, open);
      if (open == rest_.npos) break;
      const bool begins_line = open == 0 ? line_begins_ : rest_[open - 1] == '\n';
      const auto close = rest_.find("}}", open);
      OCTET_CHECK(close != rest_.npos, where_, ": a tag without an end");
      const std::string tag(rest_.substr(open + 2, close - open - 2));
      rest_.remove_prefix(close + 2);
      line_begins_ = false;
      const char kind = tag.empty() ? '\0' : tag[0];
      if (kind != '#' && kind != '^' && kind != '/') {
        if (shown) out += value(tag);
        continue;
      }
      if (begins_line && rest_.starts_with('\n')) {  // a line of the tag alone
        rest_.remove_prefix(1);
        line_begins_ = true;
      }
      const std::string section = tag.substr(1);
      if (kind == '/') {
        OCTET_CHECK(section == name, where_, ": {{/", section, "}} ends no section");
        return out;
      }
      const bool wanted = value(section).empty() == (kind == '^');
      out += fill(section, shown && wanted);
    }
    OCTET_CHECK(name.empty(), where_, ": no {{/", name, "}}");
    return out;
  }

 private:
  const std::string& value(const std::string& name) const {
    const auto found = values_.find(name);
    OCTET_CHECK(found != values_.end(), where_, ": no value for {{", name, "}}");
    return found->second;
  }

  std::string_view rest_;
  bool line_begins_ = true;  ///< where rest_ begins
  const Values& values_;
  const std::string& where_;
};

}  // namespace

std::string fill_template(std::string_view text, const Values& values, const std::string& where) {
  return Filler(text, values, where).fill("", true);
}

Files fill_templates(std::string_view folder, const Values& values) {
  Files files;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.starts_with(folder) || file.name[folder.size()] != '/') continue;
    std::string text = fill_template(file.text, values, std::string(file.name));
    const std::string path(file.name.substr(folder.size() + 1));
    if (!text.empty()) files.emplace(path, std::move(text));
  }
  return files;
}

}  // namespace octet::deploy
