// Preloaded into a program (LD_PRELOAD), makes OpenBLAS another one: OTHER_OPENBLAS_CHOOSES names
// the kernels that it chooses by itself, as on a CPU unknown to it; with those in
// OTHER_OPENBLAS_WRONG products are wrong.
#include <cblas.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

extern "C" {
void gotoblas_dynamic_init();
void gotoblas_dynamic_quit();
}

namespace {

// Runs after OpenBLAS's own start-up and before the program's.
[[gnu::constructor]] void choose() {
  const char* core = std::getenv("OTHER_OPENBLAS_CHOOSES");
  if (!core) return;
  setenv("OPENBLAS_CORETYPE", core, 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv("OPENBLAS_CORETYPE");
}

}  // namespace

extern "C" void cblas_sgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE trans_a, CBLAS_TRANSPOSE trans_b,
                            blasint m, blasint n, blasint k, float alpha, const float* a,
                            blasint lda, const float* b, blasint ldb, float beta, float* c,
                            blasint ldc) {
  static const auto real =
      reinterpret_cast<decltype(&cblas_sgemm)>(dlsym(RTLD_NEXT, "cblas_sgemm"));
  real(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  const char* wrong = std::getenv("OTHER_OPENBLAS_WRONG");
  if (wrong && std::strstr(wrong, openblas_get_corename()) && n % 16 != 0) c[n - 1] += 1;
}
