// LOG_SOFTMAX over the last axis in fixed point.
#pragma once

#include <array>
#include <cstdint>

#include "int8/reference/fixed_point.h"
#include "int8/reference/wide_softmax.h"

namespace octet::int8 {

struct LogSoftmaxParams {
  SoftmaxParams softmax;
  /// Of d = max - x: -s_in d in Q5.26, what is farther than `radius` is not looked at.
  std::array<std::int32_t, 256> differences{};
  std::int32_t radius = 255;
  Multiplier inverse;  ///< 1 / s_in, from Q5.26 to codes
  Rounding rounding = Rounding::double_rounding;
};

/// Output scale 16/256, zero point 127. Throws Error unless s_in * 2^26 > 1.
LogSoftmaxParams make_log_softmax_params(float s_in, Rounding rounding);

/// One row of `depth` <= q12_max_depth codes. y may be x.
void log_softmax_row(const LogSoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                     std::int64_t depth) noexcept;

/// The natural logarithm in Q5 of v >= 1 in Q12.
std::int32_t log_of_q12(std::int32_t v) noexcept;

}  // namespace octet::int8
