#include "interop/c99/kernels/dot.c"
#include "interop/c99/kernels/weight_sum.c"
#include "interop/c99/kernels/window.c"

/* sum[k] += products of n codes with `channels` (4, or 1) rows of weights, `stride` apart; without
   x those of codes that lie outside. */
static inline void conv_run(const struct window* p, const int8_t* x, const int8_t* w,
                            int32_t stride, int32_t n, int32_t channels, int32_t* sum) {
  if (x && channels == 4) {
    dot4(x, w, stride, n, sum);
  } else if (x) {
    sum[0] += dot(x, w, n);
  } else if (p->input_zero_point != 0) {
    int32_t k;
    for (k = 0; k < channels; ++k) sum[k] += p->input_zero_point * weight_sum(w + k * stride, n);
  }
}

/* The sums of an output pixel whose window begins at (top, left). */
static inline void conv_window(const struct window* p, const int8_t* x, int32_t top, int32_t left,
                               const int8_t* w, int32_t channels, int32_t* sum) {
  const int32_t c = p->in_c, row = p->kernel_w * c, stride = p->kernel_h * row;
  /* Of a row, the columns from `begin` to `end` lie inside. */
  int32_t begin = left < 0 ? -left : 0, end = p->in_w - left, ky, kx;
  if (begin > p->kernel_w) begin = p->kernel_w;
  if (end > p->kernel_w) end = p->kernel_w;
  if (end < begin) end = begin;
  for (ky = 0; ky < p->kernel_h; ++ky, w += row) {
    const int32_t y = top + ky * p->dilation_h;
    const int32_t line = y * p->in_w + left;
    if (y < 0 || y >= p->in_h) {
      conv_run(p, 0, w, stride, row, channels, sum);
    } else if (p->dilation_w == 1) {
      if (begin > 0) conv_run(p, 0, w, stride, begin * c, channels, sum);
      if (end > begin) {
        const int8_t* inside = x + (line + begin) * c;
        conv_run(p, inside, w + begin * c, stride, (end - begin) * c, channels, sum);
      }
      if (end < p->kernel_w) {
        conv_run(p, 0, w + end * c, stride, (p->kernel_w - end) * c, channels, sum);
      }
    } else {
      for (kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = left + kx * p->dilation_w;
        const int8_t* pixel = column < 0 || column >= p->in_w ? 0 : x + (line + column - left) * c;
        conv_run(p, pixel, w + kx * c, stride, c, channels, sum);
      }
    }
  }
}

/* CONV_2D: weights [out_c][kernel_h][kernel_w][in_c]. */
static void conv(const struct window* p, const int8_t* x, int8_t* y) {
  const int32_t weights = p->kernel_h * p->kernel_w * p->in_c;
  int32_t oy, ox, c, k, n;
  for (oy = 0; oy < p->out_h; ++oy) {
    const int32_t top = oy * p->stride_h - p->pad_top;
    for (ox = 0; ox < p->out_w; ++ox, y += p->out_c) {
      const int32_t left = ox * p->stride_w - p->pad_left;
      const int8_t* w = p->weights;
      for (c = 0; c < p->out_c; c += n, w += n * weights) {
        int32_t sum[4] = {0, 0, 0, 0};
        n = p->out_c - c < 4 ? 1 : 4;
        if (n == 4) {
          conv_window(p, x, top, left, w, 4, sum);
        } else {
          conv_window(p, x, top, left, w, 1, sum);
        }
        for (k = 0; k < n; ++k) y[c + k] = requantize(&p->out, c + k, sum[k]);
      }
    }
  }
}
