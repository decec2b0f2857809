// RELU, RELU6 and LEAKY_RELU as ops of their own (normally they are fused into their producer).
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"
#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// clamp(MBQM(q - z_in, M) + z_out, max(-128, z_out), 127), M = s_in / s_out in double.
UnaryCodes make_relu_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                           Rounding rounding);

/// Codes clamped to [z, Q(6)]; input and output share scale and zero point.
UnaryCodes make_relu6_codes(float scale, std::int32_t zero_point);

/// v = q - z_in; v >= 0: MBQM(v, s_in / s_out); v < 0: MBQM(v, s_in * |alpha| / s_out), both in
/// double, with a negative alpha's sign put back after the rounding; + z_out, clamped to int8.
/// Throws Error unless alpha is finite.
UnaryCodes make_leaky_relu_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out,
                                 float alpha, Rounding rounding);

}  // namespace octet::int8
