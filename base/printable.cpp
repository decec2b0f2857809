#include "base/printable.h"

#include <algorithm>

namespace octet {
namespace {

/// Bytes of the character at the start of `text`, 0 unless it is well-formed UTF-8 (RFC 3629: in
/// its shortest form, no surrogate, at most U+10FFFF).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >> 5U == 0b110     ? 2
                             : byte(0) >> 4U == 0b1110  ? 3
                             : byte(0) >> 3U == 0b11110 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return 0;
  char32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6U != 0b10) return 0;
    code = code << 6U | (byte(i) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code >= least[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

}  // namespace

std::string_view take_printable(std::string_view& text) noexcept {
  const std::size_t length = utf8_length(text);
  const std::string_view all = text.substr(0, std::max<std::size_t>(length, 1));
  text.remove_prefix(all.size());
  const auto first = static_cast<unsigned char>(all[0]);
  const bool control = first < 0x20 || first == 0x7f ||
                       (first == 0xc2 && static_cast<unsigned char>(all.back()) < 0xa0);
  const bool separator = all == "\xe2\x80\xa8" || all == "\xe2\x80\xa9";  // U+2028, U+2029
  return length > 0 && !control && !separator ? all : std::string_view("?");
}

std::string printable_text(std::string_view untrusted) {
  std::string text;
  while (!untrusted.empty()) text += take_printable(untrusted);
  return text;
}

}  // namespace octet
