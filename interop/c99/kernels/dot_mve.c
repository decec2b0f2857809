#include <arm_mve.h>
#include "interop/c99/kernels/base.c"

/* Products of sixteen codes at a time, by the vectors (MVE, Helium) of Cortex-M55 and above. */

/* sum[k] += x . w_k of n codes, for four rows of weights, `stride` apart. */
static inline void dot4(const int8_t* x, const int8_t* w, int32_t stride, int32_t n, int32_t* sum) {
  const int8_t *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
  int32_t s0 = sum[0], s1 = sum[1], s2 = sum[2], s3 = sum[3], i;
  for (i = 0; i < n; i += 16) {
    const mve_pred16_t p = vctp8q((uint32_t)(n - i));
    const int8x16_t v = vldrbq_z_s8(x + i, p);
    s0 = vmladavaq_p_s8(s0, v, vldrbq_z_s8(w + i, p), p);
    s1 = vmladavaq_p_s8(s1, v, vldrbq_z_s8(w1 + i, p), p);
    s2 = vmladavaq_p_s8(s2, v, vldrbq_z_s8(w2 + i, p), p);
    s3 = vmladavaq_p_s8(s3, v, vldrbq_z_s8(w3 + i, p), p);
  }
  sum[0] = s0;
  sum[1] = s1;
  sum[2] = s2;
  sum[3] = s3;
}

/* x . w of n codes. */
static inline int32_t dot(const int8_t* x, const int8_t* w, int32_t n) {
  int32_t sum = 0, i;
  for (i = 0; i < n; i += 16) {
    const mve_pred16_t p = vctp8q((uint32_t)(n - i));
    sum = vmladavaq_p_s8(sum, vldrbq_z_s8(x + i, p), vldrbq_z_s8(w + i, p), p);
  }
  return sum;
}
