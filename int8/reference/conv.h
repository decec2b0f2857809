// CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and the products of TRANSPOSE_CONV: one output value.
// Every kernel must give these integers.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// One sample's geometry. Layouts: input [in_h, in_w, in_c], output [out_h, out_w, out_c], both
/// NHWC with the batch outside. A fully connected layer is 1x1 on a 1x1 image.
/// Padding may differ per side; only top and left are stored, bottom and right follow from out_h/w:
/// taps outside the image contribute nothing (their code is the input zero point).
struct ConvGeometry {
  int in_h = 1, in_w = 1, in_c = 1;
  int out_h = 1, out_w = 1, out_c = 1;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0;
  int groups = 1;  ///< depthwise: groups == in_c, out_c == in_c * multiplier

  std::int64_t weights_per_channel() const noexcept {
    return std::int64_t{kernel_h} * kernel_w * (in_c / groups);
  }
  bool operator==(const ConvGeometry&) const = default;
};

/// From accumulator to code, per output channel c:
///   acc = sum w * (x - input_zero_point)
///   p = multiply_by_quantized_multiplier(acc + bias[c], multiplier[c], rounding) +
///   output_zero_point y = min(max(p, lo), hi)
/// Requires: lo <= hi within [-128, 127]; neither acc + bias nor its left shift nor p overflows
/// int32.
struct Requantization {
  const std::int32_t* bias = nullptr;      ///< out_c values; never null
  const Multiplier* multiplier = nullptr;  ///< out_c values
  std::int32_t output_zero_point = 0;
  std::int32_t lo = -128, hi = 127;
  Rounding rounding = Rounding::single_rounding;
};

/// The bare accumulator of output (oy, ox, oc). weights: [out_c, kernel_h, kernel_w, in_c /
/// groups]; image: [in_h, in_w, in_c].
std::int32_t conv_accumulator(const ConvGeometry& geometry, const std::int8_t* weights,
                              const std::int8_t* image, std::int32_t input_zero_point, int oy,
                              int ox, int oc) noexcept;

/// The code of an accumulator of channel oc.
std::int8_t requantize_channel(std::int32_t acc, int oc, const Requantization& by) noexcept;

}  // namespace octet::int8
