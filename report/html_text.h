// Texts, and the files that the page is made of.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.h"

namespace octet::report {

/// Untrusted text inside an element or a quoted attribute; line ends and tabs stay.
std::string escape_html(std::string_view untrusted);

/// JSON text inside a <script> element.
std::string escape_script_json(std::string_view json);

std::string base64(std::span<const std::byte> bytes);

/// report/page, by name.
std::string_view page_file(std::string_view name);
std::span<const EmbeddedFile> embedded_files() noexcept;

}  // namespace octet::report
