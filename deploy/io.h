// What stands at the edges of a deployed model: codes or reals.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace octet::deploy {

/// The type of a model's inputs and outputs: int8 codes; uint8 codes, which are 128 more; or the
/// reals, by a QUANTIZE at each input and a DEQUANTIZE at each output.
enum class Io : std::uint8_t { int8, uint8, float32 };

/// "int8", "uint8" or "float32".
std::string_view io_name(Io io) noexcept;
/// Nothing for another name.
std::optional<Io> parse_io(std::string_view name) noexcept;

}  // namespace octet::deploy
