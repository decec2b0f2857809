#include "int8/reference/xnnpack/float_resize.h"

#include <algorithm>
#include <cmath>

namespace octet::int8::xnnpack {

std::vector<BilinearTap> bilinear_taps(int in, int out, ResizeAttributes a) {
  const int d = a.align_corners && out > 1 ? 1 : 0;
  const float step = static_cast<float>(in - d) / static_cast<float>(out - d);
  const float half = step * 0.5f;
  const float offset = half - 0.5f;
  const auto last = static_cast<float>(in - 1);
  std::vector<BilinearTap> taps;
  for (int i = 0; i < out; ++i) {
    float p = static_cast<float>(i) * step;
    if (a.half_pixel_centers) p = std::max(p + offset, 0.0f);
    p = std::min(p, last);
    const auto lo = static_cast<std::int32_t>(p);
    const float part = p - static_cast<float>(lo);
    const auto weight = static_cast<std::int32_t>(std::nearbyint(part * 2048.0f));
    taps.push_back({lo, std::min(lo + 1, in - 1), 2048 - weight, weight});
  }
  return taps;
}

}  // namespace octet::int8::xnnpack
