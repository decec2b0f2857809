#include "interop/c99/kernels/divide_by_pot.c"
#include "interop/c99/kernels/srdhm.c"

/* x * m * 2^(shift - 31), rounded twice as TensorFlow Lite Micro does; -31 <= shift <= 30. */
static inline int32_t rescale(int32_t x, int32_t m, int32_t shift) {
  if (shift > 0) return srdhm((int32_t)((uint32_t)x << shift), m);
  return divide_by_pot(srdhm(x, m), -shift);
}
