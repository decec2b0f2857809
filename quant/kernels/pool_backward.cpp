#include "quant/kernels/pool_backward.h"

#include <algorithm>

#include "base/simd/vec_generic.h"

namespace octet::quant {

namespace {

// The pixels of the image that one window covers.
struct Covered {
  int y0, y1, x0, x1;
};
OCTET_INLINE Covered covered(const int8::PoolGeometry& g, int oy, int ox) {
  const int y = oy * g.stride_h - g.pad_top, x = ox * g.stride_w - g.pad_left;
  return {std::max(y, 0), std::min(y + g.filter_h, g.in_h), std::max(x, 0),
          std::min(x + g.filter_w, g.in_w)};
}

// Every pixel lies in one window only, and in one.
bool windows_tile_image(const int8::PoolGeometry& g) {
  return g.stride_h == g.filter_h && g.stride_w == g.filter_w && g.pad_top == 0 &&
         g.pad_left == 0 && g.out_h * g.stride_h == g.in_h && g.out_w * g.stride_w == g.in_w;
}

// `left`: lanes whose maximum was not met yet. overwrite: dx holds nothing yet.
template <bool part, bool overwrite, int lanes>
OCTET_INLINE void max_channels(Lanes<lanes>, const PoolGradient& p, const Covered& w,
                               std::int64_t at, std::int64_t c, std::int64_t n) {
  using Ints = typename Lanes<lanes>::Ints;
  const std::int64_t channels = p.g.channels;
  typename Lanes<lanes>::Codes best, x;
  typename Lanes<lanes>::Floats dy, old;
  load_if<part>(best, p.y + at + c, n);
  load_if<part>(dy, p.dy + at + c, n);
  Ints left = Ints{} - 1;
  for (int iy = w.y0; iy < w.y1; ++iy) {
    for (int ix = w.x0; ix < w.x1; ++ix) {
      const std::int64_t pixel = (std::int64_t{iy} * p.g.in_w + ix) * channels + c;
      load_if<part>(x, p.x + pixel, n);
      const Ints hit = __builtin_convertvector(x == best, Ints) & left;
      left &= ~hit;
      typename Lanes<lanes>::Floats g = dy;
      keep_lanes(g, hit);
      if constexpr (!overwrite) {
        load_if<part>(old, p.dx + pixel, n);
        g += old;
      }
      store_if<part>(g, p.dx + pixel, n);
    }
  }
}

template <bool overwrite, int lanes>
OCTET_INLINE void max_windows(Lanes<lanes> of, const PoolGradient& p) {
  const std::int64_t channels = p.g.channels;
  for (int oy = 0; oy < p.g.out_h; ++oy) {
    for (int ox = 0; ox < p.g.out_w; ++ox) {
      const Covered w = covered(p.g, oy, ox);
      const std::int64_t at = (std::int64_t{oy} * p.g.out_w + ox) * channels;
      std::int64_t c = 0;
      for (; c + lanes <= channels; c += lanes) {
        max_channels<false, overwrite>(of, p, w, at, c, lanes);
      }
      if (c < channels) max_channels<true, overwrite>(of, p, w, at, c, channels - c);
    }
  }
}
OCTET_LANES_FUNCTION(max_overwrite, max_windows<true>, const PoolGradient&)
OCTET_LANES_FUNCTION(max_add, max_windows<false>, const PoolGradient&)

OCTET_INLINE void average_windows(const PoolGradient& p) {
  const std::int64_t channels = p.g.channels;
  for (int oy = 0; oy < p.g.out_h; ++oy) {
    for (int ox = 0; ox < p.g.out_w; ++ox) {
      const Covered w = covered(p.g, oy, ox);
      const float share = 1.0f / static_cast<float>((w.y1 - w.y0) * (w.x1 - w.x0));
      const float* dy = p.dy + (std::int64_t{oy} * p.g.out_w + ox) * channels;
      for (int iy = w.y0; iy < w.y1; ++iy) {
        for (int ix = w.x0; ix < w.x1; ++ix) {
          float* dx = p.dx + (std::int64_t{iy} * p.g.in_w + ix) * channels;
          OCTET_INDEPENDENT
          for (std::int64_t c = 0; c < channels; ++c) dx[c] += dy[c] * share;
        }
      }
    }
  }
}
OCTET_SIMD_FUNCTION(average_add, average_windows, const PoolGradient&)

void clear(const PoolGradient& p) {
  std::fill_n(p.dx, std::int64_t{p.g.in_h} * p.g.in_w * p.g.channels, 0.0f);
}

}  // namespace

void max_pool_backward(Isa isa, const PoolGradient& p) noexcept {
  if (windows_tile_image(p.g)) {
    max_overwrite(isa)(p);
  } else {
    clear(p);
    max_add(isa)(p);
  }
}

void average_pool_backward(Isa isa, const PoolGradient& p) noexcept {
  clear(p);
  average_add(isa)(p);
}

}  // namespace octet::quant
