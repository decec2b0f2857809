// L2_NORMALIZATION of rows: y = x / sqrt(sum of x^2).
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// y[i] = clamp8(MBQM(x[i] - z_in, 2^7 / sqrt(sum (x - z_in)^2))), whose scale is 1/128 and zero
/// point 0. y may be x.
void l2_normalization_row(const std::int8_t* x, std::int32_t z_in, Rounding rounding,
                          std::int8_t* y, std::int64_t depth) noexcept;

}  // namespace octet::int8
