#include "interop/c99/kernels/base.c"

/* x * m * 2^(shift - 31), to nearest, ties toward +infinity; -31 <= shift <= 30. */
static inline int32_t rescale(int32_t x, int32_t m, int32_t shift) {
  const int32_t total = 31 - shift;
  return (int32_t)(((int64_t)x * m + ((int64_t)1 << (total - 1))) >> total);
}
