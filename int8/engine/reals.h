// Real numbers to the codes of a model's input, and back from those of an output.
#pragma once

#include <cstddef>
#include <cstdint>

#include "int8/engine/model.h"

namespace octet::int8 {

/// clamp(round(x / scale) + zero_point). Requires codes with a scale.
void quantize_values(const ValueInfo& info, Isa isa, const float* x, std::byte* codes,
                     std::int64_t n) noexcept;
/// scale * (code - zero_point). Requires codes with a scale.
void dequantize_values(const ValueInfo& info, Isa isa, const std::byte* codes, float* y,
                       std::int64_t n) noexcept;

}  // namespace octet::int8
