// Members of a job: sums of the same bits in any number of processes and threads.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <mutex>

#include "dist/all_reduce.h"
#include "dist/member_group.h"
#include "tests/dist/thread_processes.h"

using namespace octet;
using octet::test::run_processes;
using octet::test::ThreadTransport;

namespace {

/// Values whose sum depends on the order.
std::vector<float> values_of(int member, std::size_t count) {
  std::vector<float> v;
  for (std::size_t i = 0; i < count; ++i) {
    v.push_back(std::ldexp(std::sin(1.0f + float(i) + 17.0f * float(member)), (member * 7) % 13));
  }
  return v;
}

std::vector<float> tree_sum(int first, int members, std::size_t count) {
  if (members == 1) return values_of(first, count);
  std::vector<float> a = tree_sum(first, members / 2, count);
  const std::vector<float> b = tree_sum(first + members / 2, members / 2, count);
  for (std::size_t i = 0; i < count; ++i) a[i] += b[i];
  return a;
}

/// f for each member of a job of so many processes, with so many threads each.
void run_job(int processes, int shards, int threads, const std::function<void(dist::Member&)>& f) {
  run_processes(processes, [&](ThreadTransport& t) {
    dist::MemberGroup(t, {.shards = shards, .threads = threads}).run(f);
  });
}

}  // namespace

TEST_CASE("members: a sum has the bits of the tree, wherever they run") {
  for (const std::size_t count : {1u, 7u, 1000u, 5000u, 12345u}) {
    CAPTURE(count);
    const std::vector<float> expected = tree_sum(0, 8, count);
    for (const int processes : {1, 2, 4, 8}) {
      for (const int threads : {1, 3}) {
        CAPTURE(processes);
        CAPTURE(threads);
        int right = 0;
        std::mutex mutex;
        run_job(processes, 8, threads, [&](dist::Member& m) {
          std::vector<float> v = values_of(m.communicator.rank(), count);
          m.communicator.sum(v);
          const std::lock_guard lock(mutex);
          right += v == expected;
        });
        CHECK(right == 8);
      }
    }
  }
}

TEST_CASE("members: maximum, broadcast, agreement; one that is idle adds nothing") {
  for (const int processes : {1, 2, 4}) {
    CAPTURE(processes);
    int right = 0;
    std::mutex mutex;
    run_job(processes, 4, 2, [&](dist::Member& m) {
      Communicator& c = m.communicator;
      std::vector<double> largest{double(c.rank()), -double(c.rank())};
      {
        const IdleScope idle(&c, c.rank() == 3);
        c.max(largest);
      }
      std::vector<double> total{1};
      {
        const IdleScope idle(&c, c.rank() != 2);
        c.sum(total);
      }
      std::vector<double> all{1};
      c.sum(all);
      std::vector<std::byte> bytes(c.leads() ? 100000 : 3, std::byte(c.rank() + 7));
      c.broadcast(bytes);
      const bool agreed = c.agreed(c.leads()) && !c.agreed(!c.leads());
      const std::lock_guard lock(mutex);
      right += largest == std::vector<double>{2, 0} && total[0] == 1 && all[0] == 4 &&
               bytes == std::vector<std::byte>(100000, std::byte(7)) && agreed;
    });
    CHECK(right == 4);
  }
}

TEST_CASE("members: what is not a number is not lost in a maximum") {
  run_job(2, 4, 2, [&](dist::Member& m) {
    std::vector<double> v{m.communicator.rank() == 1 ? std::nan("") : 1.0};
    m.communicator.max(v);
    CHECK(std::isnan(v[0]));
  });
}

TEST_CASE("members: a large sum sends little more than twice its bytes") {
  for (const int processes : {2, 4, 8}) {
    CAPTURE(processes);
    run_processes(processes, [&](ThreadTransport& t) {
      std::vector<float> v(1 << 16, 1.0f);
      dist::all_reduce(t, ReduceKind::sum_f32, std::as_writable_bytes(std::span(v)));
      CHECK(v[1234] == float(processes));
      const std::size_t bytes = v.size() * sizeof(float);
      CHECK(t.sent == 2 * bytes / std::size_t(processes) * std::size_t(processes - 1));
      CHECK(t.messages == std::size_t(2 * std::log2(processes)));
    });
  }
}

TEST_CASE("members: one that fails ends all") {
  for (const int threads : {1, 4}) {
    CAPTURE(threads);
    const auto transport = dist::alone();
    int ended = 0;
    std::mutex mutex;
    const auto run = [&] {
      dist::MemberGroup(*transport, {.shards = 4, .threads = threads}).run([&](dist::Member& m) {
        std::vector<double> v{1};
        m.communicator.sum(v);
        if (m.communicator.rank() == 2) fail("out of luck");
        try {
          for (;;) m.communicator.sum(v);
        } catch (const Error&) {
          const std::lock_guard lock(mutex);
          ++ended;
          throw;
        }
      });
    };
    CHECK_THROWS_WITH_AS(run(), "out of luck", Error);
    CHECK(ended == 3);
  }
}

TEST_CASE("members: numbers that do not fit are refused") {
  const auto transport = dist::alone();
  CHECK_THROWS_WITH_AS(dist::MemberGroup(*transport, {.shards = 6, .threads = 1}),
                       "data parallel: expected 1 shard, 2, 4 ... for 1 rank, got 6", Error);
  CHECK_THROWS_WITH_AS(run_job(4, 2, 1, [](dist::Member&) {}),
                       "data parallel: expected 4 shards, twice as many ... for 4 ranks, got 2",
                       Error);
  CHECK_THROWS_WITH_AS(run_job(3, 4, 1, [](dist::Member&) {}),
                       "data parallel: expected 1, 2, 4, 8 ... ranks, got 3", Error);
}
