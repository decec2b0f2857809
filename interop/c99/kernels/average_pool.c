#include "interop/c99/kernels/pool.c"

/* AVERAGE_POOL_2D: the sum over the number of pixels, half away from zero. */
static void average_pool(const struct pool* p, const int8_t* x, int8_t* y) {
  int32_t oy, ox, c, iy, ix;
  for (oy = 0; oy < p->out_h; ++oy) {
    for (ox = 0; ox < p->out_w; ++ox) {
      const struct pool_window w = pool_window(p, oy, ox);
      const int32_t count = (w.y1 - w.y0) * (w.x1 - w.x0);
      for (c = 0; c < p->channels; ++c) {
        int32_t sum = 0;
        for (iy = w.y0; iy < w.y1; ++iy) {
          for (ix = w.x0; ix < w.x1; ++ix) sum += x[(iy * p->in_w + ix) * p->channels + c];
        }
        sum = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        *y++ = clamp(sum, p->lo, p->hi);
      }
    }
  }
}
