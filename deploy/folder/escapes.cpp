#include "deploy/folder/escapes.h"

#include <algorithm>

#include "base/printable.h"

namespace octet::deploy {
namespace {

/// The text on one line, with a backslash in front of every character of `special`.
std::string escaped(std::string_view untrusted, std::string_view special) {
  std::string text;
  for (const char c : printable_text(untrusted)) {
    if (special.find(c) != special.npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string comment_text(Language language, std::string_view untrusted) {
  switch (language) {
    case Language::c: {
      std::string text = printable_text(untrusted);
      std::replace(text.begin(), text.end(), '*', ' ');  // no end of the comment
      return text;
    }
    case Language::java:
      return escaped(untrusted, "\\");  // \u is read in comments too, but not after a backslash
    case Language::javascript:
      break;
    case Language::python:
      return escaped(untrusted, "\\\"");
  }
  return printable_text(untrusted);
}

std::string string_literal(Language language, std::string_view untrusted) {
  // "??/" is a backslash in C.
  return '"' + escaped(untrusted, language == Language::c ? "\\\"?" : "\\\"") + '"';
}

std::string html_text(std::string_view untrusted) {
  std::string html;
  for (const char c : printable_text(untrusted))
    html += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return html;
}

std::string markdown_text(std::string_view untrusted) {
  return escaped(untrusted, "\\`*[]<>|&");
}

std::string markdown_code(std::string_view untrusted) {
  const std::string text = printable_text(untrusted);
  std::string fence = "`";
  while (text.find(fence) != text.npos) fence += '`';
  const bool touches = text.starts_with('`') || text.ends_with('`');
  const std::string space = touches ? " " : "";
  return fence + space + text + space + fence;
}

}  // namespace octet::deploy
