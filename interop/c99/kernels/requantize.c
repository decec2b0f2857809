#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/rescale.c"

/* From sums of products to codes. bias[c] - input_zero_point * (all weights of channel c), modulo
   2^32, so that products are those of codes as they are. */
struct requantize {
  const int32_t *bias, *multiplier;
  const int8_t* shift;
  int32_t zero_point, lo, hi;
};

static inline int8_t requantize(const struct requantize* p, int32_t channel, int32_t sum) {
  const int32_t biased = (int32_t)((uint32_t)sum + (uint32_t)p->bias[channel]);
  const int32_t v = rescale(biased, p->multiplier[channel], p->shift[channel]);
  return clamp(v + p->zero_point, p->lo, p->hi);
}
