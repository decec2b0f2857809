// Integer multipliers of the ops with an int32 accumulator, and the check that keeps int32 safe.
// Scales are float32, quotients and products of them double: float32 would decide last bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV:
/// M_c = double(s_in) * double(s_w[c]) / double(s_out), one for each weight scale. Throws Error if
/// an M is not finite.
std::vector<Multiplier> conv_multipliers(float s_in, std::span<const float> s_w, float s_out,
                                         Rounding rounding);

/// The same, written to `out` (one entry for each weight scale).
void conv_multipliers(float s_in, std::span<const float> s_w, float s_out, Rounding rounding,
                      std::span<Multiplier> out);

/// In float rounding: M_c = f32(f32(s_in * s_w[c]) / s_out) of each channel to `out`; s_w has one
/// scale, or one for each. Throws Error unless every M is below 256, as XNNPACK wants it.
void conv_factors(float s_in, std::span<const float> s_w, float s_out, std::span<float> out);

/// quantize_multiplier for a real that comes from a file: throws Error naming `what` unless it is
/// finite and >= 0.
Multiplier checked_multiplier(double real, Rounding rounding, std::string_view what);

/// Throws Error naming `what` unless |x| <= max_abs can be rescaled by `multiplier` and a zero
/// point added without leaving int32, in either rounding mode.
void check_no_overflow(std::int64_t max_abs, Multiplier multiplier, std::string_view what);

}  // namespace octet::int8
