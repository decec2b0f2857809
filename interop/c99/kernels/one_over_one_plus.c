#include "interop/c99/kernels/srdhm.c"

/* v * 2^exponent, limited to int32. */
static inline int32_t shift_left_saturating(int32_t v, int32_t exponent) {
  const int32_t bound = (int32_t)(((int64_t)1 << (31 - exponent)) - 1);
  if (v > bound) return INT32_MAX;
  if (v < -bound) return INT32_MIN;
  return v * (1 << exponent);
}

/* 1 / (1 + a) in Q0, a in Q0: three Newton-Raphson steps from 48/17 - 32/17 d. */
static int32_t one_over_one_plus(int32_t a) {
  const int64_t sum = (int64_t)a + INT32_MAX;
  const int32_t half = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
  int32_t x = 1515870810 + srdhm(half, -1010580540), i;
  for (i = 0; i < 3; ++i) {
    const int32_t error = (1 << 29) - srdhm(half, x);
    x += shift_left_saturating(srdhm(x, error), 2);
  }
  return shift_left_saturating(x, 1);
}
