#include "core/parallel.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/error.h"

namespace octet {

struct ThreadPool::Impl {
  std::mutex mutex;
  std::condition_variable work_ready;
  std::condition_variable work_done;
  std::uint64_t generation = 0;  // guarded by mutex
  int running = 0;               // workers still inside the present job; guarded by mutex
  bool stopping = false;         // guarded by mutex

  Call call = nullptr;
  const void* f = nullptr;
  std::int64_t tasks = 0;
  std::atomic<std::int64_t> next{0};

  std::vector<std::thread> workers;

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    work_ready.notify_all();
    for (std::thread& t : workers) t.join();
  }

  void work(int worker) noexcept {
    for (;;) {
      const std::int64_t task = next.fetch_add(1, std::memory_order_relaxed);
      if (task >= tasks) return;
      call(f, task, worker);
    }
  }

  void loop(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      work_ready.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      work(worker);
      lock.lock();
      if (--running == 0) work_done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads) : threads_(threads) {
  OCTET_CHECK(threads >= 1 && threads <= 1024, "thread count: expected 1 to 1024, got ", threads);
  if (threads == 1) return;
  impl_ = std::make_unique<Impl>();
  try {
    for (int i = 1; i < threads; ++i) {
      impl_->workers.emplace_back([pool = impl_.get(), i] { pool->loop(i); });
    }
  } catch (const std::system_error& e) {
    fail("cannot start ", threads, " threads: ", e.what());
  }
}

ThreadPool::~ThreadPool() = default;

void ThreadPool::run_erased(std::int64_t tasks, Call call, const void* f) noexcept {
  Impl& p = *impl_;
  {
    std::lock_guard lock(p.mutex);
    p.call = call;
    p.f = f;
    p.tasks = tasks;
    p.next.store(0, std::memory_order_relaxed);
    p.running = threads_ - 1;
    ++p.generation;
  }
  p.work_ready.notify_all();
  p.work(0);
  std::unique_lock lock(p.mutex);
  p.work_done.wait(lock, [&] { return p.running == 0; });
}

}  // namespace octet
