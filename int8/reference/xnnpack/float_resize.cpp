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

void bilinear_row(const BilinearRow& r, Rounding, std::int8_t* y) noexcept {
  for (std::int64_t i = 0; i < r.columns; ++i) {
    const BilinearTap& h = r.taps[i];
    const std::int64_t left = h.lo * r.channels, right = h.hi * r.channels;
    for (std::int64_t c = 0; c < r.channels; ++c) {
      const std::int32_t top = h.weight_lo * r.top[left + c] + h.weight_hi * r.top[right + c];
      const std::int32_t bottom =
          h.weight_lo * r.bottom[left + c] + h.weight_hi * r.bottom[right + c];
      *y++ = static_cast<std::int8_t>((r.weight_top * top + r.weight_bottom * bottom + (1 << 21)) >>
                                      22);
    }
  }
}

}  // namespace octet::int8::xnnpack
