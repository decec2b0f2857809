// Names of what a TFLite file can say, supported here or not: for error messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace octet::tflite {

/// "EMBEDDING_LOOKUP (7)"; "operator code 4711" for a number without a name.
std::string builtin_operator_text(std::int32_t code);
/// "UINT8"; "type 99" for a number without a name.
std::string tensor_type_text(int type);
/// "TANH"; "activation 9" for a number without a name.
std::string activation_text(int activation);

/// `untrusted` in quotes, fit for a terminal: at most 80 characters, control characters as '?'.
std::string quoted(std::string_view untrusted);

}  // namespace octet::tflite
