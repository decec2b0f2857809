#include "int8/engine/worker_team.h"

#include <system_error>

#include "base/error.h"
#include "base/parallel.h"

namespace octet::int8 {

WorkerTeam::WorkerTeam(Work& work, int threads, int spin_us) : work_(work), spin_(spin_us) {
  try {
    for (int i = 1; i < threads; ++i) helpers_.emplace_back([this, i] { loop(i); });
  } catch (const std::system_error& e) {
    stop();
    fail("cannot start ", threads, " threads: ", e.what());
  }
}

WorkerTeam::~WorkerTeam() {
  stop();
}

void WorkerTeam::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  version_.fetch_add(1);  // for those who poll
  helper_.notify_all();
  for (std::thread& t : helpers_) t.join();
}

/// Returns when `done()` holds, at the latest after `spin`.
template <class Done>
void WorkerTeam::poll(const Done& done) const noexcept {
  if (spin_.count() == 0) return;
  const auto end = std::chrono::steady_clock::now() + spin_;
  while (!done() && std::chrono::steady_clock::now() < end) pause_core();
}

void WorkerTeam::run() noexcept {
  if (made_ != forks()) {
    sleepers_.store(0);  // those of the parent: nobody is to be woken
    while (!work_.work(0)) continue;
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
    version_.fetch_add(1);
  }
  for (;;) {
    const std::uint64_t version = version_.load();
    if (work_.work(0)) break;
    poll([&] { return version_.load() != version; });
    std::unique_lock lock(mutex_);
    sleepers_.fetch_add(1);
    if (version_.load() != version) {
      sleepers_.fetch_sub(1);
      continue;
    }
    caller_sleeps_ = true;
    caller_.wait(lock, [&] { return !caller_sleeps_; });
  }
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  poll([&] { return inside_.load() == 0; });
  std::unique_lock lock(mutex_);
  caller_.wait(lock, [&] { return inside_.load() == 0; });
}

void WorkerTeam::loop(int worker) noexcept {
  std::uint64_t seen = 0;  // version before the last search
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const std::uint64_t version = version_.load();
    if (open_ && version != seen) {
      seen = version;
      inside_.fetch_add(1);
      lock.unlock();
      if (work_.work(worker) && asleep()) wake_caller();
      lock.lock();
      if (inside_.fetch_sub(1) == 1 && !open_) caller_.notify_one();
      continue;
    }
    if (spin_.count() > 0) {
      lock.unlock();
      poll([&] { return version_.load() != version; });
      lock.lock();
      if (stopping_) return;
    }
    sleepers_.fetch_add(1);
    if (version_.load() != version) {
      sleepers_.fetch_sub(1);
      continue;
    }
    helper_.wait(lock, [&] { return wakes_ > 0 || stopping_; });
    if (wakes_ > 0) --wakes_;
  }
}

void WorkerTeam::wake_one() noexcept {
  bool caller = false;
  {
    const std::lock_guard lock(mutex_);
    if (sleepers_.load() == 0) return;
    sleepers_.fetch_sub(1);
    caller = caller_sleeps_;  // first: it has to be awake at the end
    if (caller) {
      caller_sleeps_ = false;
    } else {
      ++wakes_;
    }
  }
  (caller ? caller_ : helper_).notify_one();
}

void WorkerTeam::wake_caller() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!caller_sleeps_) return;
    sleepers_.fetch_sub(1);
    caller_sleeps_ = false;
  }
  caller_.notify_one();
}

}  // namespace octet::int8
