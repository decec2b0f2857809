// SOFTMAX over the last axis from int8 to 16-bit codes.
#pragma once

#include <cstdint>

#include "int8/reference/softmax.h"

namespace octet::int8 {

/// Rows longer than this could overflow the sum of exponentials, in Q12.
inline constexpr int q12_max_depth = 4095;

/// The sum of a row's exponentials in Q12.19; depth <= q12_max_depth.
std::int32_t sum_of_exponentials(const SoftmaxParams& params, std::int8_t largest,
                                 const std::int8_t* x, std::int64_t depth) noexcept;

/// Output scale 1/65536, zero point -32768.
void softmax_row_i16(const SoftmaxParams& params, const std::int8_t* x, std::int16_t* y,
                     std::int64_t depth) noexcept;

}  // namespace octet::int8
