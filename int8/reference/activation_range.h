// The output clamp of a fused activation, in codes.
#pragma once

#include <cstdint>

#include "int8/graph/graph.h"

namespace octet::int8 {

/// Inclusive bounds of output codes; applied max(lo) first, then min(hi).
struct ClampRange {
  std::int32_t lo = -128, hi = 127;
  bool operator==(const ClampRange&) const = default;

  constexpr std::int8_t clamp(std::int32_t p) const noexcept {
    const std::int32_t above = p < lo ? lo : p;
    return static_cast<std::int8_t>(above > hi ? hi : above);
  }
};

/// Codes that the fused activation of an output with these parameters can take.
/// A real bound v becomes zero_point + roundf(v / scale), computed in float as TFLite does, then
/// saturated to [-128, 127]. Requires scale > 0.
ClampRange clamp_range(Activation activation, float scale, std::int32_t zero_point) noexcept;

/// XNNPACK's: v becomes f32(f32(v / scale) + zero_point), to nearest, ties to even, saturated.
ClampRange float_clamp_range(Activation activation, float scale, std::int32_t zero_point) noexcept;

/// By the rounding: XNNPACK's in float rounding.
inline ClampRange clamp_range(Activation activation, QuantParams out, Rounding rounding) noexcept {
  return rounding == Rounding::float_rounding
             ? float_clamp_range(activation, out.scale, out.zero_point)
             : clamp_range(activation, out.scale, out.zero_point);
}

}  // namespace octet::int8
