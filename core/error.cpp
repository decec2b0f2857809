#include "core/error.h"

#include <cstdio>

namespace octet::detail {

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
    case Kind::real: {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%g", real_);
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

}  // namespace octet::detail
