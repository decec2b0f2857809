// Sums per channel over [rows, channels] in double, the same for any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/kernels/wide_rows.h"
#include "core/memory_pool.h"

namespace octet {

/// Two sums for each channel, collected from tasks of the rows that may run at once.
class ChannelSums {
 public:
  ChannelSums(Pool& pool, std::int64_t channels, std::int64_t tasks)
      : wide(channels), partial_(static_cast<std::size_t>(tasks * 2 * wide.width), 0.0, pool) {}

  const WideRows wide;
  /// [wide.width] of one task
  double* a(std::int64_t task) noexcept { return partial_.data() + task * 2 * wide.width; }
  double* b(std::int64_t task) noexcept { return a(task) + wide.width; }

  /// The tasks' sums, added in order, to a and, unless it is empty, b: [channels].
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
  PoolVector<double> partial_;  // [tasks][2][width]
};

}  // namespace octet
