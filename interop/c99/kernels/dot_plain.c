#include "interop/c99/kernels/base.c"

/* sum[k] += x . w_k of n codes, for four rows of weights, `stride` apart. */
static inline void dot4(const int8_t* x, const int8_t* w, int32_t stride, int32_t n, int32_t* sum) {
  const int8_t *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, i;
  for (i = 0; i < n; ++i) {
    const int32_t v = x[i];
    s0 += v * w[i];
    s1 += v * w1[i];
    s2 += v * w2[i];
    s3 += v * w3[i];
  }
  sum[0] += s0;
  sum[1] += s1;
  sum[2] += s2;
  sum[3] += s3;
}

/* x . w of n codes. */
static inline int32_t dot(const int8_t* x, const int8_t* w, int32_t n) {
  int32_t sum = 0, i;
  for (i = 0; i < n; ++i) sum += x[i] * w[i];
  return sum;
}
