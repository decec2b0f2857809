// A small thread pool. Standard library only: shared by training (core) and the int8 runtime.
#pragma once

#include <cstdint>

#include "base/forked.h"

namespace octet {

/// Runs independent tasks on a fixed set of threads.
///
/// Results must not depend on the number of threads: callers cut work into tasks by shape alone,
/// each task writes its own output, and reductions add the tasks' partial results in task order.
/// Waiting threads sleep (unless told to spin first) and a thread that gets no core is not waited
/// for, so a busy machine does not make the pool collapse. One `run` at a time per pool; different
/// pools are independent. In a child forked between runs the calling thread does all tasks itself.
class ThreadPool {
 public:
  static constexpr int max_threads = 1024;

  /// `threads` >= 1 in all, the calling thread included. With `spin_us`, a waiting thread polls for
  /// so many microseconds before it sleeps: waking a sleeping one takes some 10 to 40. Throws Error
  /// for a count or a time out of range.
  explicit ThreadPool(int threads = 1, int spin_us = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const noexcept { return threads_; }
  /// Waiting threads poll before they sleep.
  bool spins() const noexcept { return spins_; }

  /// Calls f(task, worker) for every task in [0, tasks); worker is in [0, size()).
  /// Every worker is given the same part of [0, tasks) each time and, once done, takes from the
  /// others': which worker gets which task, and when, is not specified.
  /// `f` must not throw. Does not allocate.
  template <class F>
  void run(std::int64_t tasks, const F& f) noexcept {
    if (tasks <= 0) return;
    if (threads_ == 1 || tasks == 1 || made_ != forks()) {
      for (std::int64_t i = 0; i < tasks; ++i) f(i, 0);
      return;
    }
    run_erased(
        tasks,
        [](const void* g, std::int64_t task, int worker) {
          (*static_cast<const F*>(g))(task, worker);
        },
        &f);
  }

 private:
  using Call = void (*)(const void*, std::int64_t, int);
  void run_erased(std::int64_t tasks, Call call, const void* f) noexcept;
  void run_some(std::int64_t first, std::int64_t tasks, Call call, const void* f) noexcept;

  int threads_;
  bool spins_;
  struct Impl;
  unsigned made_ = forks();
  ThreadOwnerPtr<Impl> impl_;  // null for one thread
};

/// Tells the core that it is in a loop that waits.
void pause_core() noexcept;

}  // namespace octet
