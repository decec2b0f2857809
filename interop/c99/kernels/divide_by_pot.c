#include "interop/c99/kernels/base.c"

/* x / 2^exponent to nearest, ties away from zero; 0 <= exponent <= 31. */
static inline int32_t divide_by_pot(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
  const int32_t threshold = (mask >> 1) + (x < 0);
  return (x >> exponent) + ((x & mask) > threshold);
}
