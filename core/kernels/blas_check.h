// Whether a matrix product computes what it should.
#pragma once

#include <cstdint>

#include "core/kernels/gemm.h"

namespace octet {

using Product = void (*)(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
                         const Matrix& b, real beta, real* c, std::int64_t stride_c);

/// `product` gives to the bit what three loops do, in all transpositions and with beta 0 and 1, and
/// writes nothing else: for edges of tiles, several panels of rows and of depth, and more work than
/// OpenBLAS's kernels for small matrices take. All values are integers, so that every order of
/// summation is exact. About a millisecond.
bool product_is_right(Product product);

/// The same of gemm() with the kernels that OpenBLAS uses now.
bool blas_products_are_right();

}  // namespace octet
