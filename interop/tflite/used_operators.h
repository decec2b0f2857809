// The operators that the interpreter of a TFLite file needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octet {

/// BuiltinOperator codes, each once, in increasing order. Requires a file that parse_tflite()
/// takes.
std::vector<std::int32_t> used_operators(std::span<const std::byte> file);

}  // namespace octet
