// Which scales a result may have: the params that the format fixes, and the smallest scales that
// leave an op a multiplier. docs/numerics.md, "Scales".
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"

namespace octet::int8 {

inline constexpr QuantParams logistic_params{1.0f / 256, -128};
inline constexpr QuantParams softmax_params{1.0f / 256, -128};
inline constexpr QuantParams tanh_params{1.0f / 128, 0};

/// ADD, SUB: the multiplier 2 max(a, b) / (2^20 s_out) must be below one. In float rounding an
/// operand's scale may not be 2^8 times s_out, where LiteRT overflows.
constexpr float min_sum_scale(float a, float b, Rounding rounding) {
  return std::max(a, b) * (rounding == Rounding::float_rounding ? 0x1p-7f : 0x1p-18f);
}
/// MUL: its product has 16 bits. In float rounding a b may not be 2^8 times s_out, likewise.
constexpr float min_product_scale(float a, float b, Rounding rounding) {
  return a * b * (rounding == Rounding::float_rounding ? 0x1p-7f : 0x1p-14f);
}
/// PRELU: likewise.
constexpr float min_prelu_scale(float in) {
  return in * 0x1p-14f;
}
/// HARD_SWISH: the multiplier s_in / (128 s_out) must be below one.
constexpr float min_hard_swish_scale(float in) {
  return in * 0x1p-6f;
}
/// One rescale of at most 255 steps (QUANTIZE, RELU, ABS, MEAN), which are `slope` times as large:
/// scales up to 2^22 apart have multipliers that cannot overflow.
constexpr float min_rescaled_scale(float in, float slope = 1) {
  return in * (slope * 0x1p-22f);
}

}  // namespace octet::int8
