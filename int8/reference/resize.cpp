#include "int8/reference/resize.h"

#include <algorithm>
#include <cmath>

namespace octet::int8 {

std::vector<std::int32_t> nearest_indices(int in, int out, ResizeAttributes a) {
  const bool align = a.align_corners && out > 1;
  const float scale = align ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                            : static_cast<float>(in) / static_cast<float>(out);
  const float offset = a.half_pixel_centers ? 0.5f : 0.0f;
  std::vector<std::int32_t> indices(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    const float shifted = static_cast<float>(i) + offset;
    const float p = shifted * scale;
    const auto index = static_cast<std::int32_t>(a.align_corners ? std::round(p) : std::floor(p));
    indices[static_cast<std::size_t>(i)] = std::max(std::min(index, in - 1), 0);
  }
  return indices;
}

std::vector<BilinearTap> bilinear_taps(int in, int out, ResizeAttributes a) {
  const bool align = a.align_corners && out > 1;
  const std::int64_t scale = align ? (std::int64_t{1024} * (in - 1) + (out - 1) / 2) / (out - 1)
                                   : (std::int64_t{1024} * in + out / 2) / out;
  std::vector<BilinearTap> taps;
  taps.reserve(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    const std::int64_t pos = a.half_pixel_centers ? i * scale + scale / 2 - 512 : i * scale;
    const std::int64_t lo = std::clamp<std::int64_t>(pos / 1024, 0, in - 1);
    const std::int64_t hi = std::clamp<std::int64_t>((pos + 1023) / 1024, 0, in - 1);
    const std::int64_t weight = lo == hi ? 0 : pos - 1024 * lo;
    taps.push_back({static_cast<std::int32_t>(lo), static_cast<std::int32_t>(hi),
                    static_cast<std::int32_t>(1024 - weight), static_cast<std::int32_t>(weight)});
  }
  return taps;
}

void bilinear_row(const BilinearRow& r, Rounding rounding, std::int8_t* y) noexcept {
  for (std::int64_t i = 0; i < r.columns; ++i) {
    const BilinearTap& h = r.taps[i];
    const std::int32_t w00 = r.weight_top * h.weight_lo, w01 = r.weight_top * h.weight_hi;
    const std::int32_t w10 = r.weight_bottom * h.weight_lo, w11 = r.weight_bottom * h.weight_hi;
    const std::int64_t left = h.lo * r.channels, right = h.hi * r.channels;
    for (std::int64_t c = 0; c < r.channels; ++c) {
      const std::int32_t sum = w00 * r.top[left + c] + w01 * r.top[right + c] +
                               w10 * r.bottom[left + c] + w11 * r.bottom[right + c];
      *y++ = bilinear_round(sum, rounding);
    }
  }
}

}  // namespace octet::int8
