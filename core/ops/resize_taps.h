// Resampling rows and columns of an image by two taps each. Not for users of the library.
#pragma once

#include <span>

#include "core/context.h"
#include "core/grad.h"
#include "core/ops/resize_op.h"

namespace octet {

/// An output index of an axis reads (1 - weight) x[lo] + weight x[hi].
struct ResizeTap {
  std::int64_t lo = 0, hi = 0;
  real weight = 0;
};
PoolVector<ResizeTap> resize_taps(Pool& pool, std::int64_t in, int out, Interpolation interpolation,
                                  Coordinates coordinates);
/// dx (of shape `x`) += the adjoint of the resampling of dy.
void resize_backward(Context& ctx, const Shape& x, std::span<const ResizeTap> rows,
                     std::span<const ResizeTap> columns, const Tensor& dy, Grad& dx);

}  // namespace octet
