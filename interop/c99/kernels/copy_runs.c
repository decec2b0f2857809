#include "interop/c99/kernels/base.c"

/* Bytes one run behind the other, each from where `from` says. */
static void copy_runs(const int32_t* from, int32_t runs, int32_t run, const int8_t* x, int8_t* y) {
  for (; runs > 0; --runs, ++from, y += run) memcpy(y, x + *from, (size_t)run);
}
