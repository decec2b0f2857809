// Texts with places for values: the programs and READMEs of deployed folders.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace octet::deploy {

/// A file of deploy/templates, compiled in.
struct EmbeddedFile {
  std::string_view name;  ///< "python/check.py"
  std::string_view text;
};
std::span<const EmbeddedFile> embedded_files() noexcept;

/// What stands in the places, by their names.
using Values = std::map<std::string, std::string>;
/// Contents of files by their paths in a folder.
using Files = std::map<std::string, std::string>;

/// Mustache's tags for texts: {{name}} is the value as it is; what stands between {{#name}} and
/// {{/name}} stays if the value is not empty, between {{^name}} and {{/name}} if it is; a line that
/// has such a tag alone is left out. Throws Error naming `where` for a name without a value and a
/// section without an end.
std::string fill_template(std::string_view text, const Values& values, const std::string& where);

/// Every embedded file of `folder`, filled. A file that comes out empty is left out.
Files fill_templates(std::string_view folder, const Values& values);

}  // namespace octet::deploy
