#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/divide_by_pot.c"
#include "interop/c99/kernels/one_over_one_plus.c"

/* SOFTMAX over rows of `depth` codes; exponentials[255 - d] is exp(-beta s d) in Q0.31. y may be
   x. */
static void softmax(const int32_t* exponentials, int32_t rows, int32_t depth, const int8_t* x,
                    int8_t* y) {
  int32_t r, i;
  for (r = 0; r < rows; ++r, x += depth, y += depth) {
    int64_t total = 0; /* Q12.19 */
    int32_t inverse = 0, exponent = 31;
    int8_t largest = x[0];
    for (i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    for (i = 0; i < depth; ++i) {
      total += divide_by_pot(exponentials[255 - largest + x[i]], 12);
    }
    if (total < (int64_t)1 << 28) { /* else every quotient is 0 */
      uint32_t sum = (uint32_t)total;
      int32_t headroom = 0;
      for (; sum < (uint32_t)1 << 31; sum <<= 1) ++headroom;
      inverse = one_over_one_plus((int32_t)(sum - ((uint32_t)1 << 31)));
      exponent = 35 - headroom;
    }
    for (i = 0; i < depth; ++i) {
      const int32_t product = srdhm(inverse, exponentials[255 - largest + x[i]]);
      y[i] = clamp(divide_by_pot(product, exponent) - 128, -128, 127);
    }
  }
}
