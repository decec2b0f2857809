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
/// Of an axis: the rows or the columns of an image of `in` of them.
PoolVector<ResizeTap> row_taps(Pool& pool, std::int64_t in, const Resize2dOp& op);
PoolVector<ResizeTap> column_taps(Pool& pool, std::int64_t in, const Resize2dOp& op);
/// dx (of shape `x`) += the adjoint of the resampling of dy.
void resize_backward(Context& ctx, const Shape& x, std::span<const ResizeTap> rows,
                     std::span<const ResizeTap> columns, const Tensor& dy, Grad& dx);

}  // namespace octet
