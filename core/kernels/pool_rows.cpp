#include "core/kernels/pool_rows.h"

#include <algorithm>

#include "base/simd/simd.h"

namespace octet {
namespace {

// f(output offset, first tap and end of the rows and the columns inside the image)
template <class F>
OCTET_INLINE void for_windows(const PoolShape& s, const F& f) {
  for (std::int64_t oh = 0; oh < s.h.grid; ++oh) {
    const auto [top, bottom] = s.h.inside(oh);
    for (std::int64_t ow = 0; ow < s.w.grid; ++ow) {
      const auto [left, right] = s.w.inside(ow);
      f.window(oh, ow, top, bottom, left, right);
    }
  }
}

OCTET_INLINE std::int64_t pixel_of(const PoolShape& s, std::int64_t oh, std::int64_t ow,
                                   std::int64_t i, std::int64_t j) {
  return s.h.at(oh, i) * s.w.source + s.w.at(ow, j);
}

struct MaxWindow {
  const MaxPoolImage& p;
  OCTET_INLINE void window(std::int64_t oh, std::int64_t ow, std::int64_t top, std::int64_t bottom,
                           std::int64_t left, std::int64_t right) const {
    const std::int64_t channels = p.s.channels, at = (oh * p.s.w.grid + ow) * channels;
    real* y = p.y + at;
    std::int32_t* winner = p.winner ? p.winner + at : nullptr;
    bool first = true;
    for (std::int64_t i = top; i < bottom; ++i) {
      for (std::int64_t j = left; j < right; ++j) {
        const std::int64_t pixel = pixel_of(p.s, oh, ow, i, j);
        const real* x = p.x + pixel * channels;
        const auto id = static_cast<std::int32_t>(pixel);
        if (first) {
          for (std::int64_t c = 0; c < channels; ++c) y[c] = x[c];
          if (winner) std::fill_n(winner, channels, id);
          first = false;
        } else if (winner) {
          OCTET_INDEPENDENT
          for (std::int64_t c = 0; c < channels; ++c) {
            const bool wins = (x[c] > y[c]) | (x[c] != x[c]);
            y[c] = wins ? x[c] : y[c];
            winner[c] = wins ? id : winner[c];
          }
        } else {
          OCTET_INDEPENDENT
          for (std::int64_t c = 0; c < channels; ++c) {
            const bool wins = (x[c] > y[c]) | (x[c] != x[c]);
            y[c] = wins ? x[c] : y[c];
          }
        }
      }
    }
  }
};
OCTET_INLINE void max_body(const MaxPoolImage& p) {
  for_windows(p.s, MaxWindow{p});
}
OCTET_SIMD_FUNCTION(run_max, max_body, const MaxPoolImage&)

OCTET_INLINE real divisor(const PoolShape& s, bool include_pad, std::int64_t inside) {
  return static_cast<real>(include_pad ? s.h.taps * s.w.taps : inside);
}

struct AvgWindow {
  const AvgPoolImage& p;
  OCTET_INLINE void window(std::int64_t oh, std::int64_t ow, std::int64_t top, std::int64_t bottom,
                           std::int64_t left, std::int64_t right) const {
    const std::int64_t channels = p.s.channels;
    real* y = p.y + (oh * p.s.w.grid + ow) * channels;
    for (std::int64_t c = 0; c < channels; ++c) y[c] = 0;
    for (std::int64_t i = top; i < bottom; ++i) {
      for (std::int64_t j = left; j < right; ++j) {
        const real* x = p.x + pixel_of(p.s, oh, ow, i, j) * channels;
        OCTET_INDEPENDENT
        for (std::int64_t c = 0; c < channels; ++c) y[c] += x[c];
      }
    }
    const real count = divisor(p.s, p.include_pad, (bottom - top) * (right - left));
    for (std::int64_t c = 0; c < channels; ++c) y[c] /= count;
  }
};
OCTET_INLINE void avg_body(const AvgPoolImage& p) {
  for_windows(p.s, AvgWindow{p});
}
OCTET_SIMD_FUNCTION(run_avg, avg_body, const AvgPoolImage&)

struct AvgWindowBackward {
  const AvgPoolImageBackward& p;
  OCTET_INLINE void window(std::int64_t oh, std::int64_t ow, std::int64_t top, std::int64_t bottom,
                           std::int64_t left, std::int64_t right) const {
    const std::int64_t channels = p.s.channels;
    const real* dy = p.dy + (oh * p.s.w.grid + ow) * channels;
    const real count = divisor(p.s, p.include_pad, (bottom - top) * (right - left));
    for (std::int64_t i = top; i < bottom; ++i) {
      for (std::int64_t j = left; j < right; ++j) {
        real* dx = p.dx + pixel_of(p.s, oh, ow, i, j) * channels;
        OCTET_INDEPENDENT
        for (std::int64_t c = 0; c < channels; ++c) dx[c] += dy[c] / count;
      }
    }
  }
};
OCTET_INLINE void avg_backward_body(const AvgPoolImageBackward& p) {
  for_windows(p.s, AvgWindowBackward{p});
}
OCTET_SIMD_FUNCTION(run_avg_backward, avg_backward_body, const AvgPoolImageBackward&)

}  // namespace

void max_pool_image(Isa isa, const MaxPoolImage& p) noexcept {
  run_max(isa)(p);
}

void max_pool_image_backward(const MaxPoolImageBackward& p) noexcept {
  const std::int64_t pixels = p.s.h.grid * p.s.w.grid, channels = p.s.channels;
  for (std::int64_t q = 0; q < pixels; ++q) {
    const real* dy = p.dy + q * channels;
    const std::int32_t* winner = p.winner + q * channels;
    for (std::int64_t c = 0; c < channels; ++c) p.dx[winner[c] * channels + c] += dy[c];
  }
}

void avg_pool_image(Isa isa, const AvgPoolImage& p) noexcept {
  run_avg(isa)(p);
}

void avg_pool_image_backward(Isa isa, const AvgPoolImageBackward& p) noexcept {
  run_avg_backward(isa)(p);
}

}  // namespace octet
