#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace octet {
namespace detail {
namespace {

/// The value of "d.ddde-dd" to nearly a double's precision. (strtof brings 16 kB of the C library
/// into a static program.)
double decimal(const char* text) {
  double value = 0;
  int scale = 0;
  bool fraction = false;
  const bool negative = *text == '-';
  if (negative) ++text;
  for (; *text != 'e'; ++text) {
    if (*text < '0' || *text > '9') {
      fraction = true;
      continue;
    }
    value = value * 10 + (*text - '0');
    scale -= fraction;
  }
  scale += std::atoi(text + 1);
  for (; scale > 0; --scale) value *= 10;
  for (; scale < 0; ++scale) value /= 10;
  return negative ? -value : value;
}

/// How many significant digits tell x from its neighbours: 6 at least, 9 always do.
int digits_of(float x) {
  int digits = 6;
  if (!std::isfinite(x)) return digits;
  for (char text[32]; digits < 9; ++digits) {
    std::snprintf(text, sizeof text, "%.*e", digits - 1, double{x});
    if (static_cast<float>(decimal(text)) == x) break;
  }
  return digits;
}

}  // namespace

void TextPart::append_to(std::string& text) const {
  switch (kind_) {
    case Kind::text:
      text += text_;
      return;
    case Kind::character:
      text += static_cast<char>(signed_);
      return;
    case Kind::signed_number:
      text += std::to_string(signed_);
      return;
    case Kind::unsigned_number:
      text += std::to_string(unsigned_);
      return;
    case Kind::real:
    case Kind::single: {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.*g",
                    kind_ == Kind::single ? digits_of(static_cast<float>(real_)) : 6, real_);
      text += digits;
      return;
    }
  }
}

namespace {

/// Bytes of the UTF-8 character at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80             ? 1
                             : byte(0) >> 5U == 0b110   ? 2
                             : byte(0) >> 4U == 0b1110  ? 3
                             : byte(0) >> 3U == 0b11110 ? 4
                                                        : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6U != 0b10) return 0;
  }
  return length;
}

}  // namespace

std::string join(std::initializer_list<TextPart> parts) {
  std::string text;
  for (const TextPart& part : parts) part.append_to(text);
  return text;
}

void throw_error(std::initializer_list<TextPart> parts) {
  throw Error(join(parts));
}

}  // namespace detail

std::string_view take_printable(std::string_view& untrusted) noexcept {
  const std::size_t length = detail::utf8_length(untrusted);
  const std::string_view character = untrusted.substr(0, std::max<std::size_t>(length, 1));
  untrusted.remove_prefix(character.size());
  const auto first = static_cast<unsigned char>(character[0]);
  const bool control = first < 0x20 || first == 0x7f ||
                       (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);
  const bool separator = character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9";
  return length == 0 || control || separator ? "?" : character;
}

std::string one_line(std::string_view untrusted, std::size_t limit) {
  std::string text;
  while (!untrusted.empty()) {
    const std::string_view character = take_printable(untrusted);
    if (text.size() + character.size() > limit) return text + "...";
    text += character;
  }
  return text;
}

}  // namespace octet
