#include "interop/c99/kernels/dot.c"
#include "interop/c99/kernels/requantize.c"

/* FULLY_CONNECTED, and convolutions of single pixels: x [rows][in_c], weights [out_c][in_c],
   y [rows][out_c]. */
struct product {
  int32_t rows, in_c, out_c;
  const int8_t* weights;
  struct requantize out;
};

static void product(const struct product* p, const int8_t* x, int8_t* y) {
  int32_t r, c, k, n;
  for (r = 0; r < p->rows; ++r, x += p->in_c, y += p->out_c) {
    const int8_t* w = p->weights;
    for (c = 0; c < p->out_c; c += n, w += n * p->in_c) {
      int32_t sum[4] = {0, 0, 0, 0};
      n = p->out_c - c < 4 ? 1 : 4;
      if (n == 4) {
        dot4(x, w, p->in_c, p->in_c, sum);
      } else {
        sum[0] = dot(x, w, p->in_c);
      }
      for (k = 0; k < n; ++k) y[c + k] = requantize(&p->out, c + k, sum[k]);
    }
  }
}
