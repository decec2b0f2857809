// Matrix products of reals by OpenBLAS, single-threaded, and spread over a thread pool.
#pragma once

#include <cstdint>

#include "core/context.h"

namespace octet {

enum class Trans : bool { no = false, yes = true };

/// A row-major matrix operand; `trans` says that its transpose takes part in the product.
struct Matrix {
  const real* data;
  std::int64_t stride;  ///< elements from one row (as stored) to the next
  Trans trans = Trans::no;
};

/// c [m, n] = a [m, k] b [k, n] + beta c on the calling thread. beta 0: c is not read. No size
/// needs to be positive; extents and strides must fit an int.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a, const Matrix& b,
          real beta, real* c, std::int64_t stride_c) noexcept;

/// The same on ctx.threads. c is cut into blocks by m, n and k alone.
void gemm(Context& ctx, std::int64_t m, std::int64_t n, std::int64_t k, const Matrix& a,
          const Matrix& b, real beta, real* c, std::int64_t stride_c) noexcept;

}  // namespace octet
