// CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and the products of TRANSPOSE_CONV: one output value.
// Every kernel must give these integers.
#pragma once

#include <cstdint>

#include "base/conv_geometry.h"
#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// From accumulator to code, per output channel c:
///   acc = sum w * (x - input_zero_point)
///   p = multiply_by_quantized_multiplier(acc + bias[c], multiplier[c], rounding) +
///   output_zero_point y = min(max(p, lo), hi)
/// In float rounding the product is scale_in_float(acc + bias[c], factor[c]).
/// Requires: lo <= hi within [-128, 127]; neither acc + bias nor its left shift nor p overflows
/// int32.
struct Requantization {
  const std::int32_t* bias = nullptr;      ///< out_c values; never null
  const Multiplier* multiplier = nullptr;  ///< out_c values
  std::int32_t output_zero_point = 0;
  std::int32_t lo = -128, hi = 127;
  Rounding rounding = Rounding::single_rounding;
  const float* factor = nullptr;  ///< out_c values in float rounding, in place of multipliers
  /// In double rounding: of the first channels the second of the two roundings has its ties up.
  int ties_up = 0;
};

/// The bare accumulator of output (oy, ox, oc). weights: [out_c, kernel_h, kernel_w, in_c /
/// groups]; image: [in_h, in_w, in_c].
std::int32_t conv_accumulator(const ConvGeometry& geometry, const std::int8_t* weights,
                              const std::int8_t* image, std::int32_t input_zero_point, int oy,
                              int ox, int oc) noexcept;

/// The code of a sum of channel oc that holds the bias.
std::int8_t requantize_sum(std::int32_t sum, int oc, const Requantization& by) noexcept;
/// The code of an accumulator of channel oc.
inline std::int8_t requantize_channel(std::int32_t acc, int oc, const Requantization& by) noexcept {
  return requantize_sum(acc + by.bias[oc], oc, by);
}

}  // namespace octet::int8
