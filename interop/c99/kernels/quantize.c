#include "interop/c99/kernels/clamp.c"

/* Floats to codes, half away from zero. -128 of NaN. `flip` is 128 for uint8 codes. */
static void quantize(const float* x, float scale, int32_t zero, int32_t flip, int8_t* y,
                     int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i) {
    const float v = x[i] / scale;
    int32_t whole = -512;
    if (v >= 512.0f) {
      whole = 512;
    } else if (v > -512.0f) {
      whole = (int32_t)v; /* toward zero; the rest is exact */
      if (v - (float)whole >= 0.5f) ++whole;
      if (v - (float)whole <= -0.5f) --whole;
    }
    y[i] = (int8_t)(clamp(whole + zero, -128, 127) ^ flip);
  }
}
