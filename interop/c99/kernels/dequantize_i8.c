#include "interop/c99/kernels/base.c"

/* Codes to floats. */
static void dequantize_i8(const int8_t* x, float scale, int32_t zero, float* y, int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i) y[i] = scale * (float)(x[i] - zero);
}
