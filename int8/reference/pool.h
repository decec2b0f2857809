// AVERAGE_POOL_2D and MAX_POOL_2D: input and output share scale and zero point, so codes are pooled
// as they are.
#pragma once

#include <algorithm>
#include <cstdint>

#include "int8/reference/activation_range.h"

namespace octet::int8 {

/// One image. Layouts: input [in_h, in_w, channels], output [out_h, out_w, channels], NHWC with the
/// batch outside. Bottom and right padding follow from the output size; padding never enters a
/// window's maximum, sum or count.
struct PoolGeometry {
  int in_h = 1, in_w = 1, channels = 1;
  int out_h = 1, out_w = 1;
  int filter_h = 1, filter_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0;
  bool operator==(const PoolGeometry&) const = default;
};

/// The part of a window that lies in the image: rows [y0, y1), columns [x0, x1); empty if y1 <= y0
/// or x1 <= x0.
struct PoolWindow {
  int y0, y1, x0, x1;
};
inline PoolWindow pool_window(const PoolGeometry& g, int out_y, int out_x) noexcept {
  const int top = out_y * g.stride_h - g.pad_top;
  const int left = out_x * g.stride_w - g.pad_left;
  return {std::max(top, 0), std::min(top + g.filter_h, g.in_h), std::max(left, 0),
          std::min(left + g.filter_w, g.in_w)};
}

/// Sum over count, rounded half away from zero.
inline std::int32_t average(std::int32_t sum, std::int32_t count) noexcept {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

/// One row of output: x is the whole image, y the row [out_w, channels].
/// Requires at least one pixel of the image in every window for the average; the maximum of an
/// empty window is -128.
using PoolRowFunction = void(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                             int out_y, std::int8_t* y) noexcept;
using PoolRowKernel = PoolRowFunction*;

/// Sum over count, rounded half away from zero. With the range [-128, 127] the result is the value
/// before the clamp.
PoolRowFunction average_pool_row;
PoolRowFunction max_pool_row;

}  // namespace octet::int8
