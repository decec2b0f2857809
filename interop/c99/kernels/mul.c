#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/rescale.c"

struct mul {
  int32_t z1, z2, zo, m, shift, lo, hi;
};

/* MUL of n codes; operands are da and db (1 or 0) codes apart. y may be a or b. */
static void mul(const struct mul* p, const int8_t* a, int32_t da, const int8_t* b, int32_t db,
                int8_t* y, int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i, a += da, b += db) {
    const int32_t v = rescale((*a - p->z1) * (*b - p->z2), p->m, p->shift);
    y[i] = clamp(v + p->zo, p->lo, p->hi);
  }
}
