// LOG_SOFTMAX of LiteRT's own kernel: in float32, by the table of exponentials of SOFTMAX.
#pragma once

#include <cstdint>

#include "int8/reference/xnnpack/float_softmax.h"

namespace octet::int8::xnnpack {

struct FloatLogSoftmaxParams {
  Exponentials exponentials;  ///< with beta = 1
  float s_in = 0;
};

/// One row: sum of exponentials in float32, in order; p = f32(f32(s_in max) + f32(log sum));
/// rint(f32(f32(f32(s_in x) - p) / (16/256))) + 127, clamped. Output scale 16/256, zero point 127.
/// y may be x.
void log_softmax_row(const FloatLogSoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                     std::int64_t depth) noexcept;

}  // namespace octet::int8::xnnpack
