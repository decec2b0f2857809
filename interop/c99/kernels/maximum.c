#include "interop/c99/kernels/base.c"

/* MAXIMUM of n codes; operands are da and db (1 or 0) codes apart. y may be a or b. */
static void maximum(const int8_t* a, int32_t da, const int8_t* b, int32_t db, int8_t* y,
                    int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i, a += da, b += db) y[i] = *a > *b ? *a : *b;
}
