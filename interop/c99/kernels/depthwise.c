#include "interop/c99/kernels/window.c"

enum { depthwise_block = 32 }; /* channels at a time */

/* sum[c] += products of the taps of a row of the kernel that lie inside, three at a time. x and w
   are those of the first; taps of x are dx apart, of w in_c. */
static inline void depthwise_run(const int8_t* x, int32_t dx, const int8_t* w, int32_t dw,
                                 int32_t taps, int32_t n, int32_t* sum) {
  int32_t c;
  for (; taps >= 3; taps -= 3, x += 3 * dx, w += 3 * dw) {
    const int8_t *x1 = x + dx, *x2 = x1 + dx, *w1 = w + dw, *w2 = w1 + dw;
    for (c = 0; c < n; ++c) sum[c] += x[c] * w[c] + x1[c] * w1[c] + x2[c] * w2[c];
  }
  for (; taps > 0; --taps, x += dx, w += dw) {
    for (c = 0; c < n; ++c) sum[c] += x[c] * w[c];
  }
}

/* The same of `taps` codes that lie outside. */
static inline void depthwise_outside(int32_t code, const int8_t* w, int32_t dw, int32_t taps,
                                     int32_t n, int32_t* sum) {
  int32_t c;
  for (; taps > 0; --taps, w += dw) {
    for (c = 0; c < n; ++c) sum[c] += code * w[c];
  }
}

/* The sums of n channels, from `first` on, of a window that begins at (top, left). */
static inline void depthwise_window(const struct window* p, const int8_t* x, int32_t top,
                                    int32_t left, int32_t first, int32_t n, int32_t* sum) {
  const int32_t c = p->in_c, d = p->dilation_w, kw = p->kernel_w;
  const int8_t* w = p->weights + first;
  /* Of a row, the taps from `begin` to `end` lie inside. */
  int32_t begin = left < 0 ? (d - 1 - left) / d : 0;
  int32_t end = left >= p->in_w ? 0 : (p->in_w - left + d - 1) / d, ky;
  if (begin > kw) begin = kw;
  if (end > kw) end = kw;
  if (end < begin) end = begin;
  for (ky = 0; ky < p->kernel_h; ++ky, w += kw * c) {
    const int32_t y = top + ky * p->dilation_h;
    if (y < 0 || y >= p->in_h || begin == end) {
      depthwise_outside(p->input_zero_point, w, c, kw, n, sum);
      continue;
    }
    depthwise_outside(p->input_zero_point, w, c, begin, n, sum);
    depthwise_run(x + (y * p->in_w + left + begin * d) * c + first, d * c, w + begin * c, c,
                  end - begin, n, sum);
    depthwise_outside(p->input_zero_point, w + end * c, c, kw - end, n, sum);
  }
}

/* DEPTHWISE_CONV_2D: out_c = in_c, weights [kernel_h][kernel_w][in_c]. */
static void depthwise(const struct window* p, const int8_t* x, int8_t* y) {
  int32_t oy, ox, first, c;
  for (oy = 0; oy < p->out_h; ++oy) {
    const int32_t top = oy * p->stride_h - p->pad_top;
    for (ox = 0; ox < p->out_w; ++ox, y += p->out_c) {
      const int32_t left = ox * p->stride_w - p->pad_left;
      for (first = 0; first < p->in_c; first += depthwise_block) {
        const int32_t n = p->in_c - first < depthwise_block ? p->in_c - first : depthwise_block;
        int32_t sum[depthwise_block] = {0};
        depthwise_window(p, x, top, left, first, n, sum);
        for (c = 0; c < n; ++c) y[first + c] = requantize(&p->out, first + c, sum[c]);
      }
    }
  }
}
