// octet::Error and the checks that throw it. Standard library only: every library may include this.
#pragma once

#include <cassert>
#include <sstream>
#include <stdexcept>
#include <string>

namespace octet {

/// Anything a user, a file or a configuration can cause. The message says what went wrong, where,
/// what was expected and what was found; it is complete without a source line.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with the streamed concatenation of `parts`.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw Error(message.str());
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
