// The geometry of a convolution, of floats and of codes.
#pragma once

#include <cstdint>

namespace octet {

/// One image's. Layouts: input [in_h, in_w, in_c], output [out_h, out_w, out_c], both NHWC with the
/// batch outside; weights [out_c, kernel_h, kernel_w, in_c / groups]. A fully connected layer is
/// 1x1 on a 1x1 image. Padding may differ per side; only top and left are stored, bottom and right
/// follow from out_h and out_w: taps outside the image contribute nothing.
struct ConvGeometry {
  std::int64_t in_h = 1, in_w = 1, in_c = 1;
  std::int64_t out_h = 1, out_w = 1, out_c = 1;
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

}  // namespace octet
