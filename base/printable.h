// Text of unknown origin as it may go to a terminal or into JSON. Standard library only.
#pragma once

#include <string>
#include <string_view>

namespace octet {

/// Takes one character off the front of `text`, which is not empty, and returns what to print of
/// it: itself, or "?" for what would not stay on a line of a terminal: control characters, line and
/// paragraph separators, bytes that are not UTF-8.
std::string_view take_printable(std::string_view& text) noexcept;

/// All of `untrusted` like this. See one_line (base/error.h) for a part of a message.
std::string printable_text(std::string_view untrusted);

}  // namespace octet
