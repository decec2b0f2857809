#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/rescale.c"

/* ADD, and SUB with a negative multiplier of the second sum. */
struct add {
  int32_t z1, z2, zo, m1, shift1, m2, shift2, mo, shift_o, subtract, lo, hi;
  /* Two products give the code, unless their lowest bits are near a tie. */
  int32_t first, second, constant, bits;
  uint32_t margin;
};

static inline int32_t add_exactly(const struct add* p, int32_t a, int32_t b) {
  const int32_t u = rescale((a - p->z1) * (1 << 20), p->m1, p->shift1);
  const int32_t v = rescale((b - p->z2) * (1 << 20), p->m2, p->shift2);
  return rescale(p->subtract ? u - v : u + v, p->mo, p->shift_o) + p->zo;
}

/* n codes; operands are da and db (1 or 0) codes apart. y may be a or b. */
static void add(const struct add* p, const int8_t* a, int32_t da, const int8_t* b, int32_t db,
                int8_t* y, int32_t n) {
  const uint32_t mask = ((uint32_t)1 << p->bits) - 1;
  int32_t i;
  for (i = 0; i < n; ++i, a += da, b += db) {
    const uint32_t w =
        (uint32_t)(p->first * *a) + (uint32_t)(p->second * *b) + (uint32_t)p->constant;
    int32_t v = (int32_t)w >> p->bits;
    if ((w & mask) < p->margin) v = add_exactly(p, *a, *b);
    y[i] = clamp(v, p->lo, p->hi);
  }
}
