// octet::Error and the checks that throw it. Standard library only: every library may include this.
#pragma once

#include <cassert>
#include <concepts>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/export.h"

namespace octet {

/// Anything a user, a file or a configuration can cause. The message says what went wrong, where,
/// what was expected and what was found; it is complete without a source line.
class OCTET_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// More memory than a limit allows, or than there is.
class OCTET_API MemoryError : public Error {
 public:
  using Error::Error;
};

namespace detail {

/// One part of a message, without its type: so that a call is a list of these and no code of its
/// own. (Streams would do, but their locales and code double the size of a static runtime.)
class TextPart {
 public:
  TextPart(std::string_view text) noexcept : kind_(Kind::text), text_(text) {}
  TextPart(const char* text) noexcept : TextPart(std::string_view(text)) {}
  TextPart(const std::string& text) noexcept : TextPart(std::string_view(text)) {}
  TextPart(char c) noexcept : kind_(Kind::character), signed_(c) {}
  TextPart(std::signed_integral auto n) noexcept : kind_(Kind::signed_number), signed_(n) {}
  TextPart(std::unsigned_integral auto n) noexcept : kind_(Kind::unsigned_number), unsigned_(n) {}
  TextPart(double x) noexcept : kind_(Kind::real), real_(x) {}
  TextPart(float x) noexcept : kind_(Kind::single), real_(double{x}) {}

  void append_to(std::string& text) const;

 private:
  enum class Kind : unsigned char { text, character, signed_number, unsigned_number, real, single };
  Kind kind_;
  union {
    std::string_view text_;
    long long signed_;
    unsigned long long unsigned_;
    double real_;
  };
};

template <class T>
decltype(auto) printable(const T& part) {
  if constexpr (std::is_array_v<T>) {
    return static_cast<const char*>(part);
  } else if constexpr (requires { part.to_string(); }) {
    return part.to_string();
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<long long>(part);
  } else {
    return (part);
  }
}

std::string join(std::initializer_list<TextPart> parts);
[[noreturn]] void throw_error(std::initializer_list<TextPart> parts);

}  // namespace detail

/// The concatenation of `parts`: text, characters, numbers (doubles with six significant digits,
/// floats with as many more as tell them from their neighbours), or objects with a member
/// to_string().
template <class... Parts>
std::string text_of(const Parts&... parts) {
  return detail::join({detail::TextPart(detail::printable(parts))...});
}

/// Text of unknown origin as part of a line: at most `limit` bytes of it ("..." follows a cut),
/// made printable (base/printable.h).
std::string one_line(std::string_view untrusted, std::size_t limit = 80);

/// Throws Error with text_of(parts...).
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  detail::throw_error({detail::TextPart(detail::printable(parts))...});
}

}  // namespace octet

/// Throws octet::Error unless `condition` holds. Always on. The message parts are only evaluated on
/// failure.
#define OCTET_CHECK(condition, ...) \
  do {                              \
    if (!(condition)) [[unlikely]]  \
      ::octet::fail(__VA_ARGS__);   \
  } while (false)

/// For our own mistakes only; never reachable from user input.
#define OCTET_DCHECK(condition) assert(condition)
