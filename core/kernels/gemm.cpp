#include "core/kernels/gemm.h"

#include <cblas.h>

#include <algorithm>

#include "core/kernels/common.h"

namespace octet {
namespace {

const real* at(const Matrix& m, std::int64_t row, std::int64_t col) {
  return m.trans == Trans::yes ? m.data + col * m.stride + row : m.data + row * m.stride + col;
}

CBLAS_TRANSPOSE blas(Trans t) {
  return t == Trans::yes ? CblasTrans : CblasNoTrans;
}

}  // namespace

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
          real beta, real* c, std::int64_t stride_c) noexcept {
  if (m <= 0 || n <= 0) return;
  if (k <= 0) {
    if (beta == 0) {
      for (std::int64_t i = 0; i < m; ++i) std::fill_n(c + i * stride_c, n, real(0));
    }
    return;
  }
  const auto blasint_of = [](std::int64_t v) { return static_cast<blasint>(v); };
#ifdef OCTET_REAL_DOUBLE
  constexpr auto product = cblas_dgemm;
#else
  constexpr auto product = cblas_sgemm;
#endif
  product(CblasRowMajor, blas(a.trans), blas(b.trans), blasint_of(m), blasint_of(n), blasint_of(k),
          1, a.data, blasint_of(a.stride), b.data, blasint_of(b.stride), beta, c,
          blasint_of(stride_c));
}

void gemm(Context& ctx, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
          const Matrix& b, real beta, real* c, std::int64_t stride_c) noexcept {
  // Blocks of at least 64 x 64 products of depth k; about 16 of them for large matrices.
  std::int64_t block_m = std::max<std::int64_t>(64, ceil_div(ceil_div(m, 4), 16) * 16);
  std::int64_t block_n = std::max<std::int64_t>(64, ceil_div(ceil_div(n, 4), 16) * 16);
  if (m <= 64) block_n = std::max<std::int64_t>(64, ceil_div(ceil_div(n, 16), 16) * 16);
  if (n <= 64) block_m = std::max<std::int64_t>(64, ceil_div(ceil_div(m, 16), 16) * 16);
  const std::int64_t columns = ceil_div(n, block_n);
  ctx.threads.run(ceil_div(m, block_m) * columns, [&](std::int64_t task, int) {
    const std::int64_t i = task / columns * block_m, j = task % columns * block_n;
    gemm(std::min(block_m, m - i), std::min(block_n, n - j), k, {at(a, i, 0), a.stride, a.trans},
         {at(b, 0, j), b.stride, b.trans}, beta, c + i * stride_c + j, stride_c);
  });
}

}  // namespace octet
