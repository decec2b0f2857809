#include "core/kernels/conv/gather.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/kernels/common.h"

namespace octet {
namespace {

// Copies short runs without a call.
inline void copy(const real* from, std::int64_t n, real* to) noexcept {
  if (n >= 64) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(real));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

inline void zero(std::int64_t n, real* to) noexcept {
  for (std::int64_t i = 0; i < n; ++i) to[i] = 0;
}

GatherAxis forward_axis(std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                        int pad) {
  return {in, out, stride, -pad, dilation, kernel};
}

// Input pixel i = phase + stride q meets output pixel o at tap k where o stride = i + pad - k
// dilation. The taps with a solution are k = k0 + j p, p = stride / gcd(stride, dilation).
struct PhaseAxis {
  GatherAxis axis;
  std::int64_t tap, tap_step;
};

PhaseAxis phase_axis(std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                     int pad, std::int64_t phase) {
  const std::int64_t common = std::gcd(stride, dilation);
  PhaseAxis a;
  a.tap_step = stride / common;
  a.tap = 0;
  while (a.tap < a.tap_step && (phase + pad - a.tap * dilation) % stride != 0) ++a.tap;
  const bool any = a.tap < a.tap_step && a.tap < kernel;
  a.axis = {.source = out,
            .grid = phase < in ? ceil_div(in - phase, stride) : 0,
            .step = 1,
            .first = any ? (phase + pad - a.tap * dilation) / stride : 0,
            .next = -(dilation / common),
            .taps = any ? ceil_div(kernel - a.tap, a.tap_step) : 0};
  return a;
}

}  // namespace

bool Gather::direct() const noexcept {
  const auto plain = [](const GatherAxis& a) {
    return a.taps == 1 && a.step == 1 && a.first == 0 && a.grid == a.source;
  };
  return plain(h) && plain(w);
}

void Gather::pack(const real* source, std::int64_t begin, std::int64_t end,
                  real* out) const noexcept {
  const bool rows_contiguous = channels == pixel && w.next == 1;
  std::int64_t row = begin / w.grid, col = begin % w.grid;
  for (std::int64_t p = begin; p < end; ++p) {
    const std::int64_t left = w.at(col, 0);
    for (std::int64_t i = 0; i < h.taps; ++i) {
      const std::int64_t y = h.at(row, i);
      if (y < 0 || y >= h.source) {
        zero(w.taps * channels, out);
        out += w.taps * channels;
        continue;
      }
      const real* line = source + y * w.source * pixel;
      if (rows_contiguous) {
        const std::int64_t lo = std::clamp<std::int64_t>(-left, 0, w.taps);
        const std::int64_t hi = std::clamp<std::int64_t>(w.source - left, lo, w.taps);
        zero(lo * channels, out);
        if (hi > lo) copy(line + (left + lo) * pixel, (hi - lo) * channels, out + lo * channels);
        zero((w.taps - hi) * channels, out + hi * channels);
        out += w.taps * channels;
        continue;
      }
      for (std::int64_t j = 0; j < w.taps; ++j, out += channels) {
        const std::int64_t x = left + j * w.next;
        if (x < 0 || x >= w.source) {
          zero(channels, out);
        } else {
          copy(line + x * pixel, channels, out);
        }
      }
    }
    if (++col == w.grid) {
      col = 0;
      ++row;
    }
  }
}

Gather forward_gather(const ConvShape& s) noexcept {
  const ConvGeometry& w = s;
  return {forward_axis(s.in_h, s.out_h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top),
          forward_axis(s.in_w, s.out_w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left), s.in_c,
          s.in_c / s.groups};
}

BackwardPhase backward_phase(const ConvShape& s, std::int64_t phase_h,
                             std::int64_t phase_w) noexcept {
  const ConvGeometry& w = s;
  const PhaseAxis h =
      phase_axis(s.in_h, s.out_h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, phase_h);
  const PhaseAxis v =
      phase_axis(s.in_w, s.out_w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, phase_w);
  return {{h.axis, v.axis, s.out_c, s.out_c / s.groups}, h.tap, v.tap, h.tap_step, v.tap_step};
}

std::int64_t tile_pixels(const Gather& g, std::int64_t bytes) noexcept {
  const std::int64_t row =
      std::max<std::int64_t>(g.patch(), 1) * static_cast<std::int64_t>(sizeof(real));
  const std::int64_t most = std::clamp<std::int64_t>(bytes / row / 16 * 16, 32, 1024);
  // Tiles of equal size: no short one at the end of each image.
  const std::int64_t pixels = std::max<std::int64_t>(g.pixels(), 1);
  return ceil_div(pixels, ceil_div(pixels, most));
}

}  // namespace octet
