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
  int32_t r, c, k;
  for (r = 0; r < p->rows; ++r, x += p->in_c, y += p->out_c) {
    const int8_t* w = p->weights;
    for (c = 0; c + 4 <= p->out_c; c += 4, w += 4 * p->in_c) {
      int32_t sum[4] = {0, 0, 0, 0};
      dot4(x, w, p->in_c, p->in_c, sum);
      for (k = 0; k < 4; ++k) y[c + k] = requantize(&p->out, c + k, sum[k]);
    }
    for (; c < p->out_c; ++c, w += p->in_c) {
      y[c] = requantize(&p->out, c, dot(x, w, p->in_c));
    }
  }
}
