// A range of reals.
#pragma once

#include <limits>

namespace octet::quant {

/// The reals from min to max.
struct RealRange {
  double min = std::numeric_limits<double>::max();
  double max = std::numeric_limits<double>::lowest();

  /// As made: nothing is in it.
  bool empty() const noexcept { return min > max; }
  double width() const noexcept { return max - min; }
};

}  // namespace octet::quant
