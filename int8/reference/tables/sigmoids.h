// LOGISTIC, TANH and HARD_SWISH. Their integers do not depend on the model's rounding mode.
#pragma once

#include <cstdint>

#include "int8/reference/tables/table.h"

namespace octet::int8 {

/// Output scale 1/256, zero point -128 (fixed by the format). Throws Error unless s_in is finite
/// and at least 2^-27.
UnaryCodes make_logistic_codes(float s_in, std::int32_t z_in);

/// Output scale 1/128, zero point 0 (fixed by the format). Throws as make_logistic_codes.
UnaryCodes make_tanh_codes(float s_in, std::int32_t z_in);

/// x * relu6(x + 3) / 6 in 16-bit steps. Throws Error unless f32(s_in / 128) / s_out rounds to a
/// multiplier below 1.
UnaryCodes make_hard_swish_codes(float s_in, std::int32_t z_in, float s_out, std::int32_t z_out);

}  // namespace octet::int8
