// Numbers in programs and in prose.
#pragma once

#include <cstdint>
#include <string>

namespace octet::deploy {

/// The shortest decimal that is read as this number again.
std::string exact_text(double value);
/// Six digits: 0.00392157.
std::string short_text(double value);
/// 12345678 as "12,345,678".
std::string grouped_text(std::int64_t value);

}  // namespace octet::deploy
