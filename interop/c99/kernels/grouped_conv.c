#include "interop/c99/kernels/dot.c"
#include "interop/c99/kernels/weight_sum.c"
#include "interop/c99/kernels/window.c"

/* CONV_2D in groups, and DEPTHWISE_CONV_2D with several outputs of a channel:
   weights [out_c][kernel_h][kernel_w][in_c / groups]. */
static void grouped_conv(const struct window* p, int32_t groups, const int8_t* x, int8_t* y) {
  const int32_t group_c = p->in_c / groups, of_group = p->out_c / groups;
  int32_t oy, ox, c, ky, kx;
  for (oy = 0; oy < p->out_h; ++oy) {
    for (ox = 0; ox < p->out_w; ++ox) {
      const int8_t* w = p->weights;
      for (c = 0; c < p->out_c; ++c) {
        const int32_t first = c / of_group * group_c;
        int32_t sum = 0;
        for (ky = 0; ky < p->kernel_h; ++ky) {
          const int32_t iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
          for (kx = 0; kx < p->kernel_w; ++kx, w += group_c) {
            const int32_t ix = ox * p->stride_w - p->pad_left + kx * p->dilation_w;
            if (iy < 0 || iy >= p->in_h || ix < 0 || ix >= p->in_w) {
              sum += p->input_zero_point * weight_sum(w, group_c);
            } else {
              sum += dot(x + (iy * p->in_w + ix) * p->in_c + first, w, group_c);
            }
          }
        }
        *y++ = requantize(&p->out, c, sum);
      }
    }
  }
}
