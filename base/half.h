// The 16-bit floats of files.
#pragma once

#include <bit>
#include <cstdint>

namespace octet {

/// IEEE binary16 by its bits. Exact; NaNs stay NaNs.
inline float float_of_half(std::uint16_t h) noexcept {
  const std::uint32_t exponent = (h >> 10) & 31u, mantissa = h & 1023u;
  float value = static_cast<float>(mantissa) * 0x1p-24f;  // zero and subnormals
  if (exponent > 0) {
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    value = std::bit_cast<float>(wide << 23 | mantissa << 13);
  }
  return (h & 0x8000u) != 0 ? -value : value;
}

/// bfloat16 by its bits.
inline float float_of_bfloat(std::uint16_t b) noexcept {
  return std::bit_cast<float>(std::uint32_t{b} << 16);
}

}  // namespace octet
