// Padding and sliding windows over NHWC images.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/conv_geometry.h"

namespace octet {

/// Zero padding around an image, in pixels; or SAME, resolved from the input's size at each call:
/// out = ceil(in / stride), the odd pixel goes to the bottom and right (TFLite's rule).
struct Padding2d {
  int top = 0, bottom = 0, left = 0, right = 0;
  bool same = false;
  static Padding2d same_padding() { return {0, 0, 0, 0, true}; }
  static Padding2d all(int p) { return {p, p, p, p, false}; }
  bool operator==(const Padding2d&) const = default;
};

/// A sliding window over an NHWC image.
struct Window2d {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  Padding2d padding;

  /// With SAME resolved for this input size: explicit pads.
  Padding2d resolve(std::int64_t in_h, std::int64_t in_w) const;
  /// Output extents {h, w}. Throws Error if a window does not fit (naming `op`).
  std::pair<std::int64_t, std::int64_t> output_size(std::int64_t in_h, std::int64_t in_w,
                                                    std::string_view op) const;
  /// With explicit pads, made larger at the bottom and right so that a last window that is only
  /// partly inside the input and its padding counts ("ceil_mode"); one that would start behind the
  /// input and the pads before it does not. Throws Error if a window does not fit (naming `op`).
  Window2d ceiled(std::int64_t in_h, std::int64_t in_w, std::string_view op) const;
  std::string to_string() const;
};

/// Takes over the window, SAME resolved for g's input.
void set_window(ConvGeometry& g, const Window2d& window);

}  // namespace octet
