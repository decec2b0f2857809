// How the work of ops without weights is cut into tasks.
#pragma once

#include <cstdint>

#include "base/parallel.h"

namespace octet::int8 {

/// Elements that a task of an op without weights handles (some 5 to 10 microseconds): of one that
/// computes, and of one that does little more than move bytes.
inline constexpr std::int64_t elements_per_task = 1 << 15;
inline constexpr std::int64_t bytes_per_task = 1 << 17;
/// So many tasks are worth waking other threads.
inline constexpr std::int64_t least_shared_tasks = 4;

/// Cuts `n` elements into blocks of a fixed size and calls f(begin, end) for each. The cut does not
/// depend on the number of threads.
template <class F>
void for_tasks(ThreadPool& threads, std::int64_t n, std::int64_t block, const F& f) noexcept {
  const std::int64_t tasks = (n + block - 1) / block;
  const auto run = [&](std::int64_t task, int) {
    const std::int64_t begin = task * block;
    f(begin, begin + block < n ? begin + block : n);
  };
  if (tasks >= least_shared_tasks) {
    threads.run(tasks, run);
    return;
  }
  for (std::int64_t task = 0; task < tasks; ++task) run(task, 0);
}

/// The same for `batch` samples of `units` each: f(sample, begin, end), in tasks of about
/// `units_per_task` units, of one or several samples.
template <class F>
void for_sample_tasks(ThreadPool& threads, std::int64_t batch, std::int64_t units,
                      std::int64_t units_per_task, const F& f) noexcept {
  const std::int64_t cut = units_per_task < 1 ? 1 : units_per_task;
  const std::int64_t tiles = (units + cut - 1) / cut;
  const std::int64_t tiles_per_task = units < cut ? cut / units : 1;
  for_tasks(threads, batch * tiles, tiles_per_task, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tile = first; tile < last; ++tile) {
      const std::int64_t begin = tile % tiles * cut;
      f(tile / tiles, begin, begin + cut < units ? begin + cut : units);
    }
  });
}

}  // namespace octet::int8
