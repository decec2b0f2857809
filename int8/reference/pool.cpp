#include "int8/reference/pool.h"

#include <algorithm>
#include <cmath>

#include "int8/reference/spatial.h"

namespace octet::int8 {
namespace {

template <class F>
void for_each_pixel(const PoolGeometry& g, const PoolWindow& w, const std::int8_t* x,
                    const F& f) noexcept {
  for (int iy = w.y0; iy < w.y1; ++iy) {
    for (int ix = w.x0; ix < w.x1; ++ix) f(x[(std::int64_t{iy} * g.in_w + ix) * g.channels]);
  }
}

}  // namespace

void average_pool_row(const PoolGeometry& g, ClampRange range, const std::int8_t* x, int out_y,
                      std::int8_t* y) noexcept {
  for (int out_x = 0; out_x < g.out_w; ++out_x) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    const std::int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
    for (int c = 0; c < g.channels; ++c) {
      std::int32_t sum = 0;
      for_each_pixel(g, w, x + c, [&](std::int8_t v) { sum += v; });
      *y++ = range.clamp(average(sum, count));
    }
  }
}

void max_pool_row(const PoolGeometry& g, ClampRange range, const std::int8_t* x, int out_y,
                  std::int8_t* y) noexcept {
  for (int out_x = 0; out_x < g.out_w; ++out_x) {
    const PoolWindow w = pool_window(g, out_y, out_x);
    for (int c = 0; c < g.channels; ++c) {
      std::int32_t largest = -128;
      for_each_pixel(g, w, x + c,
                     [&](std::int8_t v) { largest = std::max<std::int32_t>(largest, v); });
      *y++ = range.clamp(largest);
    }
  }
}

}  // namespace octet::int8
