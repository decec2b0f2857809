#include "dist/member_group.h"

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/error.h"
#include "dist/all_reduce.h"
#include "dist/combine.h"

namespace octet::dist {
namespace {

bool power_of_two(int n) {
  return n > 0 && std::has_single_bit(static_cast<unsigned>(n));
}

int checked_shards(int shards, int processes) {
  if (shards == 0) shards = processes;
  OCTET_CHECK(power_of_two(processes), "data parallel: expected 1, 2, 4, 8 ... ranks, got ",
              processes);
  OCTET_CHECK(power_of_two(shards) && shards >= processes, "data parallel: expected ", processes,
              processes == 1 ? " shard, 2, 4 ..." : " shards, twice as many ...", " for ",
              processes, processes == 1 ? " rank" : " ranks", ", got ", shards);
  return shards;
}

int checked_threads(int threads, const Transport& t) {
  if (threads > 0) return threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / t.size_here());
}

}  // namespace

struct MemberGroup::Impl {
  class OneMember;

  Impl(Transport& t, const GroupOptions& o)
      : transport(t),
        shards(checked_shards(o.shards, t.size())),
        threads(checked_threads(o.threads, t)),
        here(shards / t.size()),
        running(std::min(threads, here)),
        slots(static_cast<std::size_t>(here)) {}

  /// Waits until all members of this process are here; the last one does `work`.
  template <class F>
  void together(const F& work);
  void fail_all(std::exception_ptr e);

  Transport& transport;
  const int shards, threads, here;
  std::counting_semaphore<> running;  // members that may work

  std::mutex mutex;
  std::condition_variable all_here;
  // Guarded by mutex:
  int waiting = 0;
  std::uint64_t generation = 0;
  std::exception_ptr failure;

  struct Slot {
    std::span<std::byte> values;              // of a reduction
    std::vector<std::byte>* bytes = nullptr;  // of a broadcast
  };
  std::vector<Slot> slots;
};

void MemberGroup::Impl::fail_all(std::exception_ptr e) {
  const std::lock_guard lock(mutex);
  if (!failure) failure = e;
  all_here.notify_all();
}

template <class F>
void MemberGroup::Impl::together(const F& work) {
  std::unique_lock lock(mutex);
  if (!failure && ++waiting == here) {
    waiting = 0;
    lock.unlock();
    work();  // throws: the member fails, and with it all
    lock.lock();
    ++generation;
    all_here.notify_all();
    return;
  }
  running.release();
  const std::uint64_t mine = generation;
  all_here.wait(lock, [&] { return failure || generation != mine; });
  const bool failed = generation == mine;
  lock.unlock();
  running.acquire();
  if (failed) fail("another member of the training has failed");
}

class MemberGroup::Impl::OneMember final : public Communicator {
 public:
  OneMember(Impl& group, int index)
      : Communicator(group.transport.rank() * group.here + index, group.shards),
        group_(group),
        slot_(group.slots[static_cast<std::size_t>(index)]) {}

  void broadcast(std::vector<std::byte>& bytes) override {
    slot_.bytes = &bytes;
    group_.together([&] {
      std::vector<std::byte>& first = *group_.slots[0].bytes;
      group_.transport.broadcast(first);
      for (const Slot& s : group_.slots) {
        if (s.bytes != &first) *s.bytes = first;
      }
    });
  }
  void at_step(std::int64_t step) noexcept override {
    if (&slot_ == group_.slots.data()) group_.transport.at_step(step);
  }

 private:
  void reduce(ReduceKind what, std::span<std::byte> values) override {
    if (idle()) fill_neutral(what, values);
    slot_.values = values;
    group_.together([&] {
      const std::vector<Slot>& all = group_.slots;
      for (std::size_t distance = 1; distance < all.size(); distance *= 2) {
        for (std::size_t i = 0; i < all.size(); i += 2 * distance) {
          OCTET_CHECK(all[i].values.size() == all[i + distance].values.size(),
                      "data parallel: members reduce different things");
          combine(what, all[i].values, all[i + distance].values);
        }
      }
      const std::span<std::byte> total = all[0].values;
      all_reduce(group_.transport, what, total);
      for (std::size_t i = 1; i < all.size(); ++i) std::ranges::copy(total, all[i].values.data());
    });
  }

  Impl& group_;
  Slot& slot_;
};

MemberGroup::MemberGroup(Transport& transport, const GroupOptions& options)
    : impl_(std::make_unique<Impl>(transport, options)) {}
MemberGroup::~MemberGroup() = default;

int MemberGroup::shards() const noexcept {
  return impl_->shards;
}
int MemberGroup::processes() const noexcept {
  return impl_->transport.size();
}
int MemberGroup::threads() const noexcept {
  return impl_->threads;
}

void MemberGroup::run(const std::function<void(Member&)>& f) {
  Impl& group = *impl_;
  const auto run_member = [&](int index) {
    Impl::OneMember communicator(group, index);
    Member member{communicator, std::max(1, group.threads / group.here)};
    group.running.acquire();
    try {
      f(member);
    } catch (...) {
      group.fail_all(std::current_exception());
    }
    group.running.release();
  };
  std::vector<std::thread> others;
  for (int i = 1; i < group.here; ++i) others.emplace_back(run_member, i);
  run_member(0);
  for (std::thread& t : others) t.join();
  if (group.failure) std::rethrow_exception(group.failure);
}

}  // namespace octet::dist
