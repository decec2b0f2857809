// Which of OpenBLAS's kernels are used, and what is done where they are wrong.
#include "core/kernels/blas.h"

#include <cblas.h>
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "core/kernels/blas_check.h"
#include "tests/support.h"

using namespace octet;

namespace {

using std::int64_t;

/// gemm() in which something is wrong.
template <int fault>
void wrong(int64_t m, int64_t n, int64_t k, const Matrix& a, const Matrix& b, real beta, real* c,
           int64_t stride) {
  std::vector<real> rounded;
  Matrix a_read = a;
  if (fault == 4) {  // a to 8 bits, as of bfloat16
    const int64_t rows = a.trans == Trans::yes ? k : m;
    rounded.assign(a.data, a.data + rows * a.stride - 1);
    for (real& x : rounded) x = std::nearbyint(x / 4) * 4;
    a_read.data = rounded.data();
  }
  if (fault == 5 && beta == 0) c[0] *= 0;  // a NaN that was there lives on
  const real first = c[0];
  gemm(m, n, k, a_read, b, beta, c, stride);
  if (fault == 1 && n % 8 == 1) c[n - 1] += 1;
  if (fault == 2 && m * n * k > 1000000) c[0] = -c[0];
  if (fault == 3) c[n] = 0;  // beside the matrix
  if (fault == 5 && beta == 0) c[0] += first;
  if (fault == 6 && k > 384) c[0] += 1;
  if (fault == 7 && m > 448) c[448 * stride] += 1;
  if (fault == 8 && a.trans == Trans::yes && b.trans == Trans::yes) c[0] += 1;
}

}  // namespace

TEST_CASE("kernels are chosen where OpenBLAS's own are slow or cannot run, only there") {
  const BlasCpu sse, avx{.vectors = BlasVectors::avx, .sse4_2 = true},
      avx2{.vectors = BlasVectors::avx2, .sse4_2 = true},
      avx512{.vectors = BlasVectors::avx512, .sse4_2 = true};
  for (const char* unknown : {"Prescott", "Nehalem", "Barcelona", "Opteron", "Core2"}) {
    CAPTURE(unknown);
    CHECK(better_blas_core(unknown, avx512) == "SkylakeX");
    CHECK(better_blas_core(unknown, avx2) == "Haswell");
    CHECK(better_blas_core(unknown, avx) == "Sandybridge");
  }
  CHECK(better_blas_core("Zen", avx512) == "SkylakeX");
  CHECK(better_blas_core("Haswell", avx512) == "SkylakeX");
  CHECK(better_blas_core("Sandybridge", avx2) == "Haswell");
  for (const char* good : {"Haswell", "Zen"}) CHECK(better_blas_core(good, avx2).empty());
  for (const char* good : {"Prescott", "Core2", "Barcelona", "Penryn"}) {
    CHECK(better_blas_core(good, sse).empty());
  }
  for (const char* good : {"SkylakeX", "Cooperlake", "SapphireRapids", "of_the_future", "armv8"}) {
    CAPTURE(good);
    CHECK(better_blas_core(good, avx512).empty());
    CHECK(better_blas_core(good, avx2).empty() == (good != std::string_view("SkylakeX")));
  }
}

TEST_CASE("kernels that a CPU cannot run are replaced: virtual machines that hide instructions") {
  const BlasCpu qemu64, opteron{.amd_3dnow = true}, westmere{.sse4_2 = true},
      bulldozer{.vectors = BlasVectors::avx, .sse4_2 = true, .fma4 = true},
      hidden_fma4{.vectors = BlasVectors::avx, .sse4_2 = true};
  CHECK(better_blas_core("Opteron", qemu64) == "Prescott");
  CHECK(better_blas_core("Opteron", opteron).empty());
  CHECK(better_blas_core("Nehalem", qemu64) == "Prescott");
  CHECK(better_blas_core("Nehalem", westmere).empty());
  CHECK(better_blas_core("Bulldozer", bulldozer).empty());
  CHECK(better_blas_core("Piledriver", hidden_fma4) == "Sandybridge");
  CHECK(better_blas_core("Sandybridge", westmere) == "Prescott");
  CHECK_FALSE(blas_core_runs("Haswell", hidden_fma4));
  CHECK(blas_core_runs(openblas_get_corename(), blas_cpu()));
}

TEST_CASE("the check of products finds what wrong kernels do") {
  CHECK(blas_products_are_right());
  CHECK(product_is_right(wrong<0>));  // nothing
  CHECK_FALSE(product_is_right(wrong<1>));
  CHECK_FALSE(product_is_right(wrong<2>));
  CHECK_FALSE(product_is_right(wrong<3>));
  CHECK_FALSE(product_is_right(wrong<4>));
  CHECK_FALSE(product_is_right(wrong<5>));
  CHECK_FALSE(product_is_right(wrong<6>));
  CHECK_FALSE(product_is_right(wrong<7>));
  CHECK_FALSE(product_is_right(wrong<8>));
}

TEST_CASE("wrong kernels give way to lesser ones, and somebody is told") {
  const std::string first = blas_kernels().core;
  CHECK(first == openblas_get_corename());
  int asked = 0;
  const auto reject = [&](int most) {
    asked = 0;
    return [&asked, most] { return ++asked > most; };
  };

  BlasKernels kernels = settle_blas_kernels(false, blas_cpu(), reject(0));
  CHECK(kernels.core == first);
  CHECK(kernels.warning.empty());

  const std::string complaint =
      "OpenBLAS's kernels for " + first + " compute wrong products on this machine";
  CHECK_THROWS_WITH_AS(settle_blas_kernels(true, blas_cpu(), reject(9)),
                       ("OpenBLAS's kernels for " + first +
                        " (OPENBLAS_CORETYPE) compute wrong products on this machine")
                           .c_str(),
                       Error);
  CHECK(asked == 1);
  CHECK(openblas_get_corename() == first);
  if (first == "SkylakeX" || first == "Haswell") {
    CHECK_THROWS_WITH_AS(settle_blas_kernels(true, {}, reject(0)),
                         ("OpenBLAS's kernels for " + first +
                          " (OPENBLAS_CORETYPE) need instructions that this CPU lacks")
                             .c_str(),
                         Error);
    CHECK(asked == 0);
  }

#if defined(__x86_64__)
  std::string lesser = "Haswell";
  if (first == lesser || !blas_core_runs(lesser, blas_cpu())) lesser = "Sandybridge";
  if (first == lesser || !blas_core_runs(lesser, blas_cpu())) lesser = "Prescott";
  kernels = settle_blas_kernels(false, blas_cpu(), reject(1));
  CHECK(kernels.core == lesser);
  CHECK(openblas_get_corename() == kernels.core);
  CHECK(kernels.warning == complaint + "; those for " + lesser + " are used");
  CHECK(blas_products_are_right());
#endif
  CHECK_THROWS_AS(settle_blas_kernels(false, blas_cpu(), reject(9)), Error);
}
