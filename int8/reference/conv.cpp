#include "int8/reference/conv.h"

#include <algorithm>

#include "int8/reference/float_rounding.h"

namespace octet::int8 {

std::int32_t conv_accumulator(const ConvGeometry& g, const std::int8_t* weights,
                              const std::int8_t* image, std::int32_t input_zero_point, int oy,
                              int ox, int oc) noexcept {
  const std::int64_t group_c = g.in_c / g.groups;
  const std::int64_t first_c = oc / (g.out_c / g.groups) * group_c;
  const std::int8_t* w = weights + oc * g.weights_per_channel();
  std::int32_t acc = 0;
  for (int ky = 0; ky < g.kernel_h; ++ky) {
    const int iy = oy * g.stride_h - g.pad_top + ky * g.dilation_h;
    if (iy < 0 || iy >= g.in_h) continue;
    for (int kx = 0; kx < g.kernel_w; ++kx) {
      const int ix = ox * g.stride_w - g.pad_left + kx * g.dilation_w;
      if (ix < 0 || ix >= g.in_w) continue;
      const std::int8_t* pixel = image + (iy * g.in_w + ix) * g.in_c + first_c;
      const std::int8_t* tap = w + (std::int64_t{ky} * g.kernel_w + kx) * group_c;
      for (int c = 0; c < group_c; ++c) acc += tap[c] * (pixel[c] - input_zero_point);
    }
  }
  return acc;
}

namespace {

std::int32_t rescaled(std::int32_t sum, int oc, const Requantization& by) noexcept {
  if (by.factor) return scale_in_float(sum, by.factor[oc]);
  const Multiplier m = by.multiplier[oc];
  if (oc < by.ties_up) return multiply_with_ties_up(sum, m);
  return multiply_by_quantized_multiplier(sum, m, by.rounding);
}

}  // namespace

std::int8_t requantize_sum(std::int32_t sum, int oc, const Requantization& by) noexcept {
  const std::int32_t p = rescaled(sum, oc, by) + by.output_zero_point;
  return static_cast<std::int8_t>(std::min(std::max(p, by.lo), by.hi));
}

}  // namespace octet::int8
