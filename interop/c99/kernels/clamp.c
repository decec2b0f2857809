#include "interop/c99/kernels/base.c"

/* v, or the bound that it is beyond. */
static inline int8_t clamp(int32_t v, int32_t lo, int32_t hi) {
  return (int8_t)(v < lo ? lo : v > hi ? hi : v);
}
