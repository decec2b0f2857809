#include "interop/c99/kernels/base.c"

/* A sum with weights of 20 bits as a code: half up. */
static inline int8_t bilinear_round(int32_t sum) {
  return (int8_t)((sum + (1 << 19)) >> 20);
}
