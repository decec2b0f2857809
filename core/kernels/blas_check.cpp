#include "core/kernels/blas_check.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace octet {
namespace {

struct Case {
  std::int64_t m, n, k;
};
// The last three: panels of rows, panels of depth, and 1.1 million products.
constexpr Case cases[] = {{1, 1, 1},   {3, 5, 7},    {16, 16, 16},  {17, 9, 33},   {31, 65, 5},
                          {48, 2, 64}, {500, 7, 12}, {20, 24, 400}, {112, 96, 104}};

constexpr real untouched = -3;

/// Integers of magnitude at most 2^(bits - 1), in no order that a kernel could know.
std::vector<real> integers(std::int64_t count, int bits) {
  std::vector<real> v(static_cast<std::size_t>(count));
  std::uint32_t hash = 0;
  for (real& x : v) {
    hash += 2654435761U;
    x = static_cast<real>((hash ^ hash >> 15) >> (32 - bits)) - static_cast<real>(1 << (bits - 1));
  }
  return v;
}

/// A matrix [rows, cols] and its transpose, both with rows further apart than they are long.
struct Operand {
  Operand(std::int64_t rows, std::int64_t cols, int bits)
      : stride(cols + 2), stride_t(rows + 1), plain(integers(rows * stride, bits)) {
    transposed.resize(static_cast<std::size_t>(cols * stride_t));
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < cols; ++j) transposed[at(j, i, stride_t)] = at_plain(i, j);
    }
  }
  static std::size_t at(std::int64_t i, std::int64_t j, std::int64_t stride) {
    return static_cast<std::size_t>(i * stride + j);
  }
  real at_plain(std::int64_t i, std::int64_t j) const { return plain[at(i, j, stride)]; }
  Matrix matrix(Trans t) const {
    return t == Trans::yes ? Matrix{transposed.data(), stride_t, t}
                           : Matrix{plain.data(), stride, t};
  }

  std::int64_t stride, stride_t;
  std::vector<real> plain, transposed;
};

bool right(Product product, const Case& s) {
  // Sums stay below 400 * 2^9 * 2^6 < 2^24: exact in float.
  const Operand a(s.m, s.k, 10), b(s.k, s.n, 7);
  const std::int64_t stride = s.n + 3;
  const auto size = static_cast<std::size_t>(s.m * stride);
  std::vector<real> expected(size, 0), c(size);
  for (std::int64_t i = 0; i < s.m; ++i) {
    for (std::int64_t l = 0; l < s.k; ++l) {
      const real factor = a.at_plain(i, l);
      const real* row = b.plain.data() + l * b.stride;
      real* out = expected.data() + i * stride;
      for (std::int64_t j = 0; j < s.n; ++j) out[j] += factor * row[j];
    }
  }
  for (const real beta : {real(0), real(1)}) {
    // With beta 1 what is there, a 1 each, is added; with beta 0 it is not even read.
    const real there = beta == 0 ? std::numeric_limits<real>::quiet_NaN() : real(1);
    for (std::int64_t i = 0; i < s.m; ++i) {
      real* row = expected.data() + i * stride;
      for (std::int64_t j = 0; j < s.n; ++j) row[j] += beta;
      std::fill(row + s.n, row + stride, untouched);
    }
    for (const Trans ta : {Trans::no, Trans::yes}) {
      for (const Trans tb : {Trans::no, Trans::yes}) {
        for (std::int64_t i = 0; i < s.m; ++i) {
          std::fill_n(c.begin() + i * stride, s.n, there);
          std::fill_n(c.begin() + i * stride + s.n, stride - s.n, untouched);
        }
        product(s.m, s.n, s.k, a.matrix(ta), b.matrix(tb), beta, c.data(), stride);
        if (c != expected) return false;
      }
    }
  }
  return true;
}

}  // namespace

bool product_is_right(Product product) {
  return std::all_of(std::begin(cases), std::end(cases),
                     [&](const Case& s) { return right(product, s); });
}

bool blas_products_are_right() {
  return product_is_right(gemm);
}

}  // namespace octet
