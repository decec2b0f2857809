// RESIZE_BILINEAR in XNNPACK: weights of 11 bits, for bilinear_row() in float rounding.
#pragma once

#include <vector>

#include "int8/reference/resize.h"

namespace octet::int8::xnnpack {

/// With d = 1 for align_corners and out > 1, else 0: r = f32((in - d) / (out - d)); p = f32(i r),
/// or for half_pixel_centers max(f32(f32(i r) + f32(f32(r / 2) - 0.5)), 0); p = min(p, in - 1); lo
/// = floor(p), hi = min(lo + 1, in - 1), weight_hi = rint(2048 f32(p - lo)). The weights add up to
/// 2048.
std::vector<BilinearTap> bilinear_taps(int in, int out, ResizeAttributes attributes);

}  // namespace octet::int8::xnnpack
