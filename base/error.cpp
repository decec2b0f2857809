#include "base/error.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/printable.h"

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

std::string join(std::initializer_list<TextPart> parts) {
  std::string text;
  for (const TextPart& part : parts) part.append_to(text);
  return text;
}

void throw_error(std::initializer_list<TextPart> parts) {
  throw Error(join(parts));
}

}  // namespace detail

std::string one_line(std::string_view untrusted, std::size_t limit) {
  std::string text;
  while (!untrusted.empty()) {
    const std::string_view next = take_printable(untrusted);
    if (text.size() + next.size() > limit) return text + "...";
    text += next;
  }
  return text;
}

}  // namespace octet
