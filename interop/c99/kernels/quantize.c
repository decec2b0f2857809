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
      const int32_t down = (int32_t)v; /* toward zero; what is left is exact */
      const float left = v - (float)down;
      whole = down + (left >= 0.5f) - (left <= -0.5f);
    }
    y[i] = (int8_t)(clamp(whole + zero, -128, 127) ^ flip);
  }
}
