#include <arm_acle.h>
#include "interop/c99/kernels/base.c"

/* Products of four codes at a time, by the DSP extension of Cortex-M4, M7, M33 and above. */
static inline uint32_t four_codes(const int8_t* x) {
  uint32_t v;
  memcpy(&v, x, 4);
  return v;
}

/* sum + the codes 0 and 2 of x, and 1 and 3, times those of four weights. */
static inline int32_t dot_four(int16x2_t even, int16x2_t odd, uint32_t w, int32_t sum) {
  return __smlad(odd, __sxtb16(w >> 8), __smlad(even, __sxtb16(w), sum));
}

/* sum[k] += x . w_k of n codes, for four rows of weights, `stride` apart. */
static inline void dot4(const int8_t* x, const int8_t* w, int32_t stride, int32_t n, int32_t* sum) {
  const int8_t *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
  int32_t s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3], i = 0;
  for (; i + 4 <= n; i += 4) {
    const uint32_t v = four_codes(x + i);
    const int16x2_t even = __sxtb16(v), odd = __sxtb16(v >> 8);
    s0 = dot_four(even, odd, four_codes(w + i), s0);
    s1 = dot_four(even, odd, four_codes(w1 + i), s1);
    s2 = dot_four(even, odd, four_codes(w2 + i), s2);
    s3 = dot_four(even, odd, four_codes(w3 + i), s3);
  }
  for (; i < n; ++i) {
    const int32_t v = x[i];
    s0 += v * w[i];
    s1 += v * w1[i];
    s2 += v * w2[i];
    s3 += v * w3[i];
  }
  sum[0] = s0;
  sum[1] = s1;
  sum[2] = s2;
  sum[3] = s3;
}

/* x . w of n codes. */
static inline int32_t dot(const int8_t* x, const int8_t* w, int32_t n) {
  int32_t sum = 0, i = 0;
  for (; i + 4 <= n; i += 4) {
    const uint32_t v = four_codes(x + i);
    sum = dot_four(__sxtb16(v), __sxtb16(v >> 8), four_codes(w + i), sum);
  }
  for (; i < n; ++i) sum += x[i] * w[i];
  return sum;
}
