// SOFTMAX over the last axis in fixed point.
#pragma once

#include <array>
#include <cstdint>

#include "core/parallel.h"
#include "quant/int8/fixed_point.h"

namespace octet::int8 {

/// The exponential of every difference to a row's maximum: exponentials[d] = exp(-beta s_in d) in
/// Q0.31, or 0 beyond diff_min, for d = max - x in 0 .. 255.
struct SoftmaxParams {
  std::array<std::int32_t, 256> exponentials{};
  int first_zero = 256;  ///< from this difference on the output is -128
};

/// Rows longer than this could overflow the sum of exponentials.
inline constexpr int softmax_max_depth = 4095;

/// Output scale 1/256, zero point -128. Throws Error unless beta * s_in * 2^26 > 1.
SoftmaxParams make_softmax_params(float beta, float s_in, Rounding rounding);

/// One row of `depth` <= softmax_max_depth codes. y may be x.
void softmax_row(const SoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                 std::int64_t depth) noexcept;

}  // namespace octet::int8
