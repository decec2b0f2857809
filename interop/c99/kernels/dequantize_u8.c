#include "interop/c99/kernels/base.c"

/* uint8 codes to floats. */
static void dequantize_u8(const int8_t* x, float scale, int32_t zero, float* y, int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i) y[i] = scale * (float)((uint8_t)x[i] - zero);
}
