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

/// The nearest binary16, of two the even one; beyond 65520 infinity. NaNs stay NaNs.
inline std::uint16_t half_of_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  std::uint32_t half = 0x7c00;
  if (magnitude > 0x7f800000u) {
    half = 0x7e00;
  } else if (magnitude < 0x38800000u) {  // subnormal: the addition rounds to multiples of 2^-24
    const float scaled = std::bit_cast<float>(magnitude) + 0.5f;
    half = std::bit_cast<std::uint32_t>(scaled) - std::bit_cast<std::uint32_t>(0.5f);
  } else if (magnitude < 0x477ff000u) {
    half = (magnitude + 0xfffu + (magnitude >> 13 & 1u) - (112u << 23)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | half);
}

/// bfloat16 by its bits.
inline float float_of_bfloat(std::uint16_t b) noexcept {
  return std::bit_cast<float>(std::uint32_t{b} << 16);
}

}  // namespace octet
