#include "interop/c99/kernels/base.c"

/* Result [k][c] is made from x[kept[k] + reduced[g] + i run_stride + c] for all g, and i < run. */
struct reduction {
  const int32_t *kept, *reduced;
  int32_t results, inner, groups, run, run_stride;
};
