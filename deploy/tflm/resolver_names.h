// Operators of TFLite Micro.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace octet::deploy {

/// The function of MicroMutableOpResolver that adds the operator ("AddConv2D" for 3, CONV_2D).
/// Nothing for those that TFLite Micro does not have.
std::optional<std::string> resolver_name(std::int32_t builtin_code);

}  // namespace octet::deploy
