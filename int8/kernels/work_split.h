// How much work a task is: decided by shape, and by how fast the pool's threads wake up. Integer
// results do not depend on it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/parallel.h"

namespace octet::int8 {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  return (a + b - 1) / b;
}

/// Work in multiply-accumulates, about 200 to 250 a nanosecond.
struct WorkSplit {
  /// Tiles to aim for where work is shared out.
  static constexpr std::int64_t tiles_wanted = 8;

  WorkSplit(std::int64_t total, const ThreadPool& pool) noexcept
      : cost(total),
        // Waking a sleeping thread, and being woken when it is done, takes as long as 10 million
        // multiply-accumulates; with polling, some 300 thousand.
        task_cost(pool.spins() ? 250'000 : 1'000'000),
        shared(pool.size() > 1 && total >= (pool.spins() ? 500'000 : 16'000'000)) {}

  /// Into how many parts to cut each of `units` tiles of work, at most `limit`.
  std::int64_t parts(std::int64_t units, std::int64_t limit) const noexcept {
    if (!shared || units >= tiles_wanted) return 1;
    return std::clamp<std::int64_t>(ceil_div(tiles_wanted, units), 1, limit);
  }
  /// Tasks for `tiles` tiles; task t does tiles [t * tiles / tasks, (t + 1) * tiles / tasks).
  std::int64_t tasks(std::int64_t tiles) const noexcept {
    return shared ? std::clamp<std::int64_t>(cost / task_cost, 1, tiles) : 1;
  }

  std::int64_t cost, task_cost;
  bool shared;
};

}  // namespace octet::int8
