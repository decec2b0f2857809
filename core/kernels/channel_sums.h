// Sums per channel over [rows, channels] in double, the same for any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/kernels/wide_rows.h"
#include "core/pool.h"

namespace octet {

/// Two sums for each channel, collected from pieces of the rows that may run at once.
class ChannelSums {
 public:
  ChannelSums(Pool& pool, std::int64_t channels, std::int64_t pieces)
      : wide(channels), partial_(static_cast<std::size_t>(pieces * 2 * wide.width), 0.0, pool) {}

  const WideRows wide;
  /// [wide.width] of one piece
  double* a(std::int64_t piece) noexcept { return partial_.data() + piece * 2 * wide.width; }
  double* b(std::int64_t piece) noexcept { return a(piece) + wide.width; }

  /// The pieces' sums, added in order, to a and, unless it is empty, b: [channels].
  void total(std::span<double> a, std::span<double> b) const {
    std::ranges::fill(a, 0.0);
    std::ranges::fill(b, 0.0);
    const auto width = static_cast<std::size_t>(wide.width), channels = a.size();
    for (std::size_t i = 0; i < partial_.size(); ++i) {
      const std::span<double> sum = i / width % 2 == 0 ? a : b;
      if (!sum.empty()) sum[i % width % channels] += partial_[i];
    }
  }

 private:
  PoolVector<double> partial_;  // [pieces][2][width]
};

}  // namespace octet
