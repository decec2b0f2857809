// Copies of an array by an index along each axis: paddings that repeat, tiles and broadcasts,
// forward and backward. Not for users of the library.
#pragma once

#include <vector>

#include "core/context.h"

namespace octet {

/// y[i0, i1, ...] = x[of0[i0], of1[i1], ...], or a fill value where one of these is -1.
class AxisGather {
 public:
  struct Axis {
    std::int64_t source = 1;       ///< x's extent
    std::vector<std::int64_t> of;  ///< as many as y's extent, each in [-1, source)
    /// Every index is its own.
    static Axis same(std::int64_t extent);
  };

  /// The axes from the first to the last.
  explicit AxisGather(std::vector<Axis> axes);

  void gather(Context& ctx, const real* x, real fill, real* y) const;
  /// The adjoint: dx = sums of dy + beta dx, beta in {0, 1}. Summed in double, in an order fixed by
  /// the axes.
  void scatter(Context& ctx, const real* dy, real beta, real* dx) const;

 private:
  /// Neighbouring results of one axis: sources from `source` on, one repeated, or none (-1).
  struct Run {
    std::int64_t at, count, source, step;
  };
  void gather_row(const real* x, real fill, real* y) const;

  std::int64_t inner_ = 1;  ///< values at one index of all axes
  std::vector<Axis> outer_;
  Axis last_;
  std::vector<Run> runs_;  ///< of last_
};

}  // namespace octet
