// How much work a task is: decided by shape alone, so that results and their order do not depend on
// the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace octet::int8 {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  return (a + b - 1) / b;
}

/// Work in multiply-accumulates, about 200 to 250 a nanosecond.
struct WorkSplit {
  /// What waking other threads is worth (they sleep when idle): about 20 microseconds.
  static constexpr std::int64_t wake_cost = 4'000'000;
  static constexpr std::int64_t task_cost = 1'000'000;
  /// Pieces to aim for where work is shared out.
  static constexpr std::int64_t pieces_wanted = 8;

  explicit WorkSplit(std::int64_t total) noexcept : cost(total), shared(total >= wake_cost) {}

  /// Into how many parts to cut each of `units` pieces of work, at most `limit`.
  std::int64_t parts(std::int64_t units, std::int64_t limit) const noexcept {
    if (!shared || units >= pieces_wanted) return 1;
    return std::clamp<std::int64_t>(ceil_div(pieces_wanted, units), 1, limit);
  }
  /// Tasks for `pieces` pieces; task t does pieces [t * pieces / tasks, (t + 1) * pieces / tasks).
  std::int64_t tasks(std::int64_t pieces) const noexcept {
    return shared ? std::clamp<std::int64_t>(cost / task_cost, 1, pieces) : 1;
  }

  std::int64_t cost;
  bool shared;
};

}  // namespace octet::int8
