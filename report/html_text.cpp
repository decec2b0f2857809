#include "report/html_text.h"

#include <algorithm>

#include "base/error.h"
#include "base/printable.h"

namespace octet::report {

std::string escape_html(std::string_view untrusted) {
  std::string html;
  while (!untrusted.empty()) {
    if (untrusted[0] == '\n' || untrusted[0] == '\t') {
      html += untrusted[0];
      untrusted.remove_prefix(1);
      continue;
    }
    const std::string_view c = take_printable(untrusted);
    html += c == "<"    ? "&lt;"
            : c == ">"  ? "&gt;"
            : c == "&"  ? "&amp;"
            : c == "\"" ? "&quot;"
            : c == "'"  ? "&#39;"
                        : c;
  }
  return html;
}

std::string escape_script_json(std::string_view json) {
  std::string text;  // JSON has < inside strings only
  for (const char c : json) text += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return text;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t b = 0; b < 3; ++b)
      group = group << 8U | (b < count ? std::to_integer<unsigned>(bytes[i + b]) : 0);
    for (std::size_t d = 0; d < 4; ++d)
      text += d <= count ? digits[group >> (18 - 6 * d) & 0x3f] : '=';
  }
  return text;
}

std::string_view page_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  fail("report: no file of the page is named ", name);
}

}  // namespace octet::report
