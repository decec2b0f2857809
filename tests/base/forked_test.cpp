// Thread pools in a forked child, whose memory says that there are threads.
#include "base/forked.h"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "base/parallel.h"
#include "tests/address_sanitizer.h"
#include "tests/base/forked_child.h"

using namespace octet;

namespace {

std::int64_t sum_of_squares(ThreadPool& pool, std::int64_t n) {
  std::vector<std::int64_t> squares(static_cast<std::size_t>(n));
  pool.run(n, [&](std::int64_t i, int) { squares[static_cast<std::size_t>(i)] = i * i; });
  return std::accumulate(squares.begin(), squares.end(), std::int64_t{0});
}

}  // namespace

TEST_CASE("forks() tells a child from its parent") {
  const unsigned here = forks();
  CHECK(test::in_child([&] {
          const bool once = forks() == here + 1;
          return once && test::in_child([&] { return forks() == here + 2 ? 0 : 1; }) == 0 ? 0 : 1;
        }) == 0);
  CHECK(forks() == here);
}

TEST_CASE("a thread pool runs in a forked child and goes away there" *
          doctest::skip(test::address_sanitizer)) {
  for (const int spin_us : {0, 50}) {
    for (int round = 0; round < 20; ++round) {
      auto pool = std::make_unique<ThreadPool>(4, spin_us);
      const std::int64_t expected = sum_of_squares(*pool, 1000);
      CHECK(test::in_child([&] {
              const bool same = sum_of_squares(*pool, 1000) == expected;
              pool.reset();
              ThreadPool fresh(3);
              return same && sum_of_squares(fresh, 1000) == expected ? 0 : 1;
            }) == 0);
      CHECK(sum_of_squares(*pool, 1000) == expected);
    }
  }
}
