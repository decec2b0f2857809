#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/reduction.c"
#include "interop/c99/kernels/rescale.c"

/* MEAN and SUM. */
static void mean(const struct reduction* r, int32_t offset, int32_t m, int32_t shift, int32_t zero,
                 const int8_t* x, int8_t* y) {
  int32_t k, c, g, i;
  for (k = 0; k < r->results; ++k) {
    for (c = 0; c < r->inner; ++c) {
      int32_t sum = 0;
      for (g = 0; g < r->groups; ++g) {
        const int8_t* from = x + r->kept[k] + r->reduced[g] + c;
        for (i = 0; i < r->run; ++i) sum += from[i * r->run_stride];
      }
      *y++ = clamp(rescale(sum - offset, m, shift) + zero, -128, 127);
    }
  }
}
