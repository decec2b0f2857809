#include "interop/c99/kernels/clamp.c"

/* Images [h][w][channels]; what lies outside does not count. */
struct pool {
  int32_t in_h, in_w, channels, out_h, out_w;
  int32_t filter_h, filter_w, stride_h, stride_w, pad_top, pad_left, lo, hi;
};

/* The part of a window that lies inside: rows from y0 to y1, columns from x0 to x1. */
struct pool_window {
  int32_t y0, y1, x0, x1;
};

static inline struct pool_window pool_window(const struct pool* p, int32_t oy, int32_t ox) {
  struct pool_window w;
  w.y0 = oy * p->stride_h - p->pad_top;
  w.x0 = ox * p->stride_w - p->pad_left;
  w.y1 = w.y0 + p->filter_h < p->in_h ? w.y0 + p->filter_h : p->in_h;
  w.x1 = w.x0 + p->filter_w < p->in_w ? w.x0 + p->filter_w : p->in_w;
  if (w.y0 < 0) w.y0 = 0;
  if (w.x0 < 0) w.x0 = 0;
  return w;
}
