// Requantization in float32, as XNNPACK does it: f32(acc) times a factor, to nearest, ties to even.
#pragma once

#include <bit>
#include <cstdint>

namespace octet::int8 {

/// `v` to nearest, ties to even; beyond +-32767 (and of NaN) that bound: no code is there.
inline std::int32_t nearest_even(float v) noexcept {
  const float above = v < 32767.0f ? v : 32767.0f;
  const float bounded = above > -32767.0f ? above : -32767.0f;
  // 1.5 * 2^23: a sum with it is rounded to an integer, which its low bits hold.
  constexpr float magic = 12582912.0f;
  return std::bit_cast<std::int32_t>(bounded + magic) - std::bit_cast<std::int32_t>(magic);
}

/// The code of an accumulator, before the zero point and the clamp. The conversion to float32
/// rounds, too, from 2^24 on.
inline std::int32_t scale_in_float(std::int32_t acc, float factor) noexcept {
  return nearest_even(static_cast<float>(acc) * factor);
}

}  // namespace octet::int8
