#include "quant/int8/ops/pool.h"

#include <algorithm>

namespace octet::int8 {
namespace {

/// The part of a window that lies in the image: rows [y0, y1), columns [x0, x1).
struct Window {
  int y0, y1, x0, x1;
};

Window window_of(const PoolGeometry& g, int out_y, int out_x) noexcept {
  const int top = out_y * g.stride_h - g.pad_top;
  const int left = out_x * g.stride_w - g.pad_left;
  return {std::max(top, 0), std::min(top + g.filter_h, g.in_h), std::max(left, 0),
          std::min(left + g.filter_w, g.in_w)};
}

template <class F>
void for_each_pixel(const PoolGeometry& g, const Window& w, const std::int8_t* x,
                    const F& f) noexcept {
  for (int iy = w.y0; iy < w.y1; ++iy) {
    for (int ix = w.x0; ix < w.x1; ++ix) f(x[(std::int64_t{iy} * g.in_w + ix) * g.channels]);
  }
}

}  // namespace

void average_pool_row(const PoolGeometry& g, ClampRange range, const std::int8_t* x, int out_y,
                      std::int8_t* y) noexcept {
  for (int out_x = 0; out_x < g.out_w; ++out_x) {
    const Window w = window_of(g, out_y, out_x);
    const std::int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
    for (int c = 0; c < g.channels; ++c) {
      std::int32_t sum = 0;
      for_each_pixel(g, w, x + c, [&](std::int8_t v) { sum += v; });
      *y++ = range.clamp(sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count);
    }
  }
}

void max_pool_row(const PoolGeometry& g, ClampRange range, const std::int8_t* x, int out_y,
                  std::int8_t* y) noexcept {
  for (int out_x = 0; out_x < g.out_w; ++out_x) {
    const Window w = window_of(g, out_y, out_x);
    for (int c = 0; c < g.channels; ++c) {
      std::int32_t largest = -128;
      for_each_pixel(g, w, x + c,
                     [&](std::int8_t v) { largest = std::max<std::int32_t>(largest, v); });
      *y++ = range.clamp(largest);
    }
  }
}

PoolRowKernel average_pool_kernel(Isa) noexcept {
  return average_pool_row;
}
PoolRowKernel max_pool_kernel(Isa) noexcept {
  return max_pool_row;
}

void pool(PoolRowKernel kernel, const PoolGeometry& g, ClampRange range, const std::int8_t* x,
          std::int8_t* y, std::int64_t batch, ThreadPool& threads) noexcept {
  const std::int64_t image = std::int64_t{g.in_h} * g.in_w * g.channels;
  const std::int64_t row = std::int64_t{g.out_w} * g.channels;
  const std::int64_t rows = batch * g.out_h;
  const std::int64_t row_work = row * g.filter_h * g.filter_w;
  const std::int64_t rows_per_task = std::max<std::int64_t>(1, 65536 / row_work);
  threads.run((rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
    const std::int64_t end = std::min(rows, (task + 1) * rows_per_task);
    for (std::int64_t r = task * rows_per_task; r < end; ++r) {
      kernel(g, range, x + r / g.out_h * image, static_cast<int>(r % g.out_h), y + r * row);
    }
  });
}

void average_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x,
                  std::int8_t* y, std::int64_t batch) noexcept {
  ThreadPool one(1);
  pool(average_pool_row, geometry, range, x, y, batch, one);
}
void max_pool(const PoolGeometry& geometry, ClampRange range, const std::int8_t* x, std::int8_t* y,
              std::int64_t batch) noexcept {
  ThreadPool one(1);
  pool(max_pool_row, geometry, range, x, y, batch, one);
}

}  // namespace octet::int8
