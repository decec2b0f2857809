#include "interop/c99/kernels/base.c"

/* (a * b + 2^30) >> 31: ties toward +infinity. Not of the pair of the lowest values. */
static inline int32_t srdhm(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}
