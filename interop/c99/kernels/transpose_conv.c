#include "interop/c99/kernels/dot.c"
#include "interop/c99/kernels/weight_sum.c"
#include "interop/c99/kernels/window.c"

/* TRANSPOSE_CONV: input pixel (y, x) meets output (y stride - pad + ky, x stride - pad + kx).
   weights [out_c][kernel_h][kernel_w][in_c]; the bias holds no zero point, since outputs meet
   different taps. */
static void transpose_conv(const struct window* p, const int8_t* x, int8_t* y) {
  const int32_t c = p->in_c, zero = p->input_zero_point;
  int32_t oy, ox, oc, ky, kx;
  for (oy = 0; oy < p->out_h; ++oy) {
    for (ox = 0; ox < p->out_w; ++ox) {
      const int8_t* w = p->weights;
      for (oc = 0; oc < p->out_c; ++oc, w += p->kernel_h * p->kernel_w * c) {
        int32_t sum = 0;
        for (ky = (oy + p->pad_top) % p->stride_h; ky < p->kernel_h; ky += p->stride_h) {
          const int32_t up = oy + p->pad_top - ky, iy = up / p->stride_h;
          if (up < 0 || iy >= p->in_h) continue;
          for (kx = (ox + p->pad_left) % p->stride_w; kx < p->kernel_w; kx += p->stride_w) {
            const int32_t before = ox + p->pad_left - kx, ix = before / p->stride_w;
            const int8_t* tap = w + (ky * p->kernel_w + kx) * c;
            if (before < 0 || ix >= p->in_w) continue;
            sum += dot(x + (iy * p->in_w + ix) * c, tap, c) - zero * weight_sum(tap, c);
          }
        }
        *y++ = requantize(&p->out, oc, sum);
      }
    }
  }
}
