#include "interop/c99/kernels/reduction.c"

/* REDUCE_MIN. */
static void reduce_min(const struct reduction* r, const int8_t* x, int8_t* y) {
  int32_t k, c, g, i;
  for (k = 0; k < r->results; ++k) {
    for (c = 0; c < r->inner; ++c) {
      int8_t best = 127;
      for (g = 0; g < r->groups; ++g) {
        const int8_t* from = x + r->kept[k] + r->reduced[g] + c;
        for (i = 0; i < r->run; ++i) {
          if (from[i * r->run_stride] < best) best = from[i * r->run_stride];
        }
      }
      *y++ = best;
    }
  }
}
