#include "interop/c99/kernels/pool.c"

/* MAX_POOL_2D. */
static void max_pool(const struct pool* p, const int8_t* x, int8_t* y) {
  int32_t oy, ox, c, iy, ix;
  for (oy = 0; oy < p->out_h; ++oy) {
    for (ox = 0; ox < p->out_w; ++ox, y += p->channels) {
      const struct pool_window w = pool_window(p, oy, ox);
      memset(y, -128, (size_t)p->channels);
      for (iy = w.y0; iy < w.y1; ++iy) {
        for (ix = w.x0; ix < w.x1; ++ix) {
          const int8_t* pixel = x + (iy * p->in_w + ix) * p->channels;
          for (c = 0; c < p->channels; ++c) y[c] = pixel[c] > y[c] ? pixel[c] : y[c];
        }
      }
      for (c = 0; c < p->channels; ++c) y[c] = clamp(y[c], p->lo, p->hi);
    }
  }
}
