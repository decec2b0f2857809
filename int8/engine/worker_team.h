// Threads that work together on tasks which become ready one after the other. Who finds nothing
// ready sleeps; who makes more ready than it takes wakes a sleeper.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "base/forked.h"

namespace octet::int8 {

class WorkerTeam {
 public:
  /// What they do.
  class Work {
   public:
    /// Takes and does tasks until none is ready; true if all are done. Called at once by several
    /// threads, each with a number in [0, threads) of its own.
    virtual bool work(int worker) noexcept = 0;

   protected:
    ~Work() = default;
  };

  /// `threads` >= 2, the caller of run() included; `work` must outlive the team. With `spin_us`,
  /// a thread that has nothing to do polls for so long before it sleeps. Throws Error if threads
  /// cannot be started.
  WorkerTeam(Work& work, int threads, int spin_us);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  /// Returns when all is done and nobody is within work(). A thread that sleeps, or does not get a
  /// core to wake up on, is not waited for. Does not allocate. In a child forked between runs the
  /// caller does everything.
  void run() noexcept;

  // Within work():
  /// After each task: others may be ready now.
  void progress() noexcept { version_.fetch_add(1); }
  /// Some thread sleeps: if more is ready than the caller has taken, it should wake one.
  bool asleep() const noexcept { return sleepers_.load() > 0; }
  void wake_one() noexcept;

 private:
  void loop(int worker) noexcept;
  void wake_caller() noexcept;
  void stop() noexcept;
  template <class Done>
  void poll(const Done& done) const noexcept;

  Work& work_;
  const unsigned made_ = forks();
  const std::chrono::microseconds spin_;
  std::mutex mutex_;
  std::condition_variable helper_, caller_;
  // Who goes to sleep adds itself to the sleepers, then looks whether the version is still that of
  // before its last fruitless search; who has done a task raises the version, then looks for
  // sleepers: one of them sees the other.
  std::atomic<std::uint64_t> version_{0};
  std::atomic<int> sleepers_{0};
  // The rest under the mutex; `inside_` is atomic for those who poll.
  std::atomic<int> inside_{0};  ///< helpers within work()
  int wakes_ = 0;               ///< of helpers, that no helper has taken yet
  bool caller_sleeps_ = false;
  bool open_ = false;  ///< a run may have tasks left
  bool stopping_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace octet::int8
