#include "interop/c99/kernels/base.c"

/* The sum of n weights. */
static inline int32_t weight_sum(const int8_t* w, int32_t n) {
  int32_t sum = 0, i;
  for (i = 0; i < n; ++i) sum += w[i];
  return sum;
}
