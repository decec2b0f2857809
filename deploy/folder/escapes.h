// Names of unknown origin inside programs and documents. What would not stay on a line becomes "?".
#pragma once

#include <string>
#include <string_view>

#include "deploy/folder/pixel_code.h"

namespace octet::deploy {

/// In a comment of the language: within a line of it, of Python within a docstring.
std::string comment_text(Language language, std::string_view untrusted);

/// A string literal of the language, with its quotes.
std::string string_literal(Language language, std::string_view untrusted);

std::string html_text(std::string_view untrusted);

/// In a line or a cell of a table of Markdown.
std::string markdown_text(std::string_view untrusted);
/// A code span of Markdown, outside of tables.
std::string markdown_code(std::string_view untrusted);

}  // namespace octet::deploy
