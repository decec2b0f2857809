// Output size and padding of convolutions and pools along one axis.
#pragma once

#include "int8/graph/graph.h"
#include "int8/graph/range.h"

namespace octet::int8 {

struct Window {
  int in = 1, kernel = 1, stride = 1, dilation = 1;
  Padding padding = Padding::valid;
  int before = 0, after = 0;  ///< explicit pads in front of what `padding` adds
};
struct Extent {
  int out = 1, pad_before = 0;
};

/// With in including the explicit pads and k = (kernel - 1) * dilation + 1: SAME: out = ceil(in /
/// stride); VALID: out = (in + stride - k) / stride. pad_before = max(0, (out - 1) * stride + k -
/// in) / 2, so an odd pixel goes after; the explicit pad is added to it. Throws Error naming `axis`
/// unless everything is positive, the effective kernel below 2^30, and out >= 1.
Extent spatial_extent(const Window& window, const char* axis);

/// The inputs that these outputs are computed from, as far as they exist (at least one is named).
/// window.before: all padding in front.
Range rows_read(Range outputs, const Window& window) noexcept;

}  // namespace octet::int8
