#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace octet {

void pause_core() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

namespace {

/// Tasks left of one thread's share: [begin, end) as two halves of one word. Its thread takes from
/// the front, others from the back.
struct alignas(64) Share {
  std::atomic<std::uint64_t> bounds{0};

  static std::uint64_t pack(std::uint64_t begin, std::uint64_t end) { return end << 32 | begin; }
  static std::int64_t begin(std::uint64_t b) { return static_cast<std::int64_t>(b & 0xffffffffU); }
  static std::int64_t end(std::uint64_t b) { return static_cast<std::int64_t>(b >> 32); }

  /// A task, or -1 if none is left.
  std::int64_t take_front() noexcept {
    std::uint64_t b = bounds.load(std::memory_order_relaxed);
    do {
      if (begin(b) >= end(b)) return -1;
    } while (!bounds.compare_exchange_weak(b, b + 1, std::memory_order_relaxed));
    return begin(b);
  }
  std::int64_t take_back() noexcept {
    std::uint64_t b = bounds.load(std::memory_order_relaxed);
    do {
      if (begin(b) >= end(b)) return -1;
    } while (
        !bounds.compare_exchange_weak(b, b - (std::uint64_t{1} << 32), std::memory_order_relaxed));
    return end(b) - 1;
  }
};

constexpr std::int64_t most_at_once = std::int64_t{1} << 31;

}  // namespace

struct ThreadPool::Impl {
  Impl(int threads, int spin_us) : spin(spin_us), shares(static_cast<std::size_t>(threads)) {}

  const std::chrono::microseconds spin;
  std::mutex mutex;
  std::condition_variable work_ready;
  std::condition_variable work_done;
  // Written under the mutex; atomic for those who spin before they take it. A worker takes part in
  // the job it finds open when it wakes up; one that wakes too late (its core is busy with
  // something else) is not waited for.
  std::atomic<std::uint64_t> job{0};  // number of the present or last job
  std::atomic<int> inside{0};         // workers taking part
  bool open = false;                  // tasks of the job may be left
  bool stopping = false;

  Call call = nullptr;
  const void* f = nullptr;
  std::int64_t first = 0;  // number of the shares' task 0
  // A thread has the same part of the tasks in every job: of an operator's images those it has just
  // written itself. Who is done with its own helps the others.
  std::vector<Share> shares;

  std::vector<std::thread> workers;

  /// Returns when `done()` holds, at the latest after `spin`.
  template <class Done>
  void spin_until(const Done& done) const noexcept {
    if (spin.count() == 0) return;
    const auto end = std::chrono::steady_clock::now() + spin;
    while (!done() && std::chrono::steady_clock::now() < end) pause_core();
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    work_ready.notify_all();
    for (std::thread& t : workers) t.join();
  }

  void work(int worker) noexcept {
    const auto threads = static_cast<int>(shares.size());
    Share& own = shares[static_cast<std::size_t>(worker)];
    for (std::int64_t t = own.take_front(); t >= 0; t = own.take_front()) {
      call(f, first + t, worker);
    }
    for (int i = 1; i < threads; ++i) {
      Share& other = shares[static_cast<std::size_t>((worker + i) % threads)];
      for (std::int64_t t = other.take_back(); t >= 0; t = other.take_back()) {
        call(f, first + t, worker);
      }
    }
  }

  void loop(int worker) {
    std::uint64_t seen = 0;
    for (;;) {
      spin_until([&] { return job != seen; });
      std::unique_lock lock(mutex);
      work_ready.wait(lock, [&] { return stopping || (open && job != seen); });
      if (stopping) return;
      seen = job;
      ++inside;
      lock.unlock();
      work(worker);
      lock.lock();
      if (--inside == 0 && !open) work_done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(int threads, int spin_us) : threads_(threads), spins_(spin_us > 0) {
  OCTET_CHECK(threads >= 1 && threads <= max_threads, "thread count: expected 1 to ", max_threads,
              ", got ", threads);
  OCTET_CHECK(spin_us >= 0 && spin_us <= 1000000, "spin: expected 0 to 1000000 us, got ", spin_us);
  if (threads == 1) return;
  impl_.reset(new Impl(threads, spin_us));
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
  for (std::int64_t first = 0; first < tasks; first += most_at_once) {
    run_some(first, std::min(tasks - first, most_at_once), call, f);
  }
}

void ThreadPool::run_some(std::int64_t first, std::int64_t tasks, Call call,
                          const void* f) noexcept {
  Impl& p = *impl_;
  {
    std::lock_guard lock(p.mutex);
    p.call = call;
    p.f = f;
    p.first = first;
    for (int i = 0; i < threads_; ++i) {
      const auto part = [&](int k) { return static_cast<std::uint64_t>(tasks * k / threads_); };
      p.shares[static_cast<std::size_t>(i)].bounds.store(Share::pack(part(i), part(i + 1)),
                                                         std::memory_order_relaxed);
    }
    ++p.job;
    p.open = true;
  }
  p.work_ready.notify_all();
  p.work(0);
  {
    std::lock_guard lock(p.mutex);
    p.open = false;  // every task is taken
  }
  p.spin_until([&] { return p.inside == 0; });
  std::unique_lock lock(p.mutex);
  p.work_done.wait(lock, [&] { return p.inside == 0; });
}

}  // namespace octet
