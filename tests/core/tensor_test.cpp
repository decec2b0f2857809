// Tensor, Pool, Grad and ThreadPool.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "core/grad.h"
#include "core/tensor.h"
#include "tests/core/naive.h"

namespace octet::test {

TEST_SUITE("core tensor") {
  TEST_CASE("storage is aligned, shared by copies and reshapes, not by clones") {
    Pool pool;
    for (Pool* from : {static_cast<Pool*>(nullptr), &pool}) {
      Tensor a = Tensor::full({2, 3}, 4, from);
      CHECK(reinterpret_cast<std::uintptr_t>(a.raw()) % 64 == 0);
      Tensor b = a.reshape({3, 2}), c = a.clone();
      CHECK(b.shares_storage(a));
      CHECK_FALSE(c.shares_storage(a));
      CHECK_FALSE(a.unique());
      b.r()[5] = 9;
      CHECK(a.r()[5] == 9);
      CHECK(c.r()[5] == 4);
      c.copy_from(a);
      CHECK(c.r()[5] == 9);
    }
  }

  TEST_CASE("misuse throws") {
    Tensor t = Tensor::zeros({2, 3}, ElementType::i8);
    CHECK(contains(error_of([&] { t.r(); }), "[2, 3] holds i8, accessed as f"));
    CHECK(contains(error_of([&] { Tensor().r(); }), "undefined"));
    CHECK(contains(error_of([&] { t.reshape({7}); }), "expected 6 elements"));
    CHECK(contains(error_of([&] { t.item(); }), "one element"));
    CHECK(contains(error_of([&] { t.copy_from(Tensor::zeros({6})); }), "copy"));
    const std::vector<real> two = {1, 2};
    CHECK(contains(error_of([&] { Tensor::from<real>({3}, two); }), "expected 3 values, got 2"));
    CHECK(contains(error_of([&] { Tensor::empty({INT64_MAX / 2, 9}); }), "too large"));
    CHECK(contains(error_of([&] { Shape({1, -1}); }), ">= 0"));
  }

  TEST_CASE("empty tensors are defined") {
    Tensor t = Tensor::zeros({0, 4});
    CHECK(t.defined());
    CHECK(t.numel() == 0);
    CHECK(t.span<real>().empty());
    CHECK_FALSE(Tensor().defined());
    CHECK(Tensor().numel() == 0);
  }
}

TEST_SUITE("core pool") {
  TEST_CASE("a returned block is handed out again") {
    Pool pool;
    const std::byte* first = pool.allocate(1000).get();
    CHECK(pool.usage().in_use == 0);
    const std::size_t cached = pool.usage().cached;
    CHECK(cached >= 1000);
    auto again = pool.allocate(1000);
    CHECK(again.get() == first);
    CHECK(pool.usage().cached == 0);
    CHECK(pool.usage().in_use == cached);
    auto other = pool.allocate(1000);
    CHECK(other.get() != first);
    CHECK(pool.usage().peak == 2 * cached);
    again.reset();
    pool.trim();
    CHECK(pool.usage().cached == 0);
    CHECK(pool.usage().in_use == cached);
    CHECK(pool.usage().peak == cached);  // from here on
  }

  TEST_CASE("near sizes share blocks, and at most an eighth is wasted") {
    Pool pool;
    for (std::size_t size : {1u, 64u, 65u, 513u, 1025u, 40000u, 1000003u}) {
      CAPTURE(size);
      auto block = pool.allocate(size);
      const std::size_t in_use = pool.usage().in_use;
      CHECK(in_use >= size);
      CHECK(in_use <= std::max<std::size_t>(size + 63, size + size / 8 + 1));
      std::memset(block.get(), 1, size);
    }
    CHECK(contains(error_of([&] { pool.allocate(SIZE_MAX - 5); }), "cannot allocate"));
  }

  TEST_CASE("blocks may outlive the pool") {
    Tensor t;
    {
      Pool pool;
      t = Tensor::full({1000}, 3, &pool);
    }
    CHECK(t.r()[999] == 3);
  }

  TEST_CASE("threads may share a pool") {
    Pool pool;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          auto block = pool.allocate(256);
          std::memset(block.get(), t, 256);
          for (int j = 0; j < 256; ++j) wrong += block.get()[j] != static_cast<std::byte>(t);
        }
      });
    }
    for (std::thread& t : threads) t.join();
    CHECK(wrong == 0);
    CHECK(pool.usage().in_use == 0);
    CHECK(pool.usage().cached <= 4 * 256);
  }
}

TEST_SUITE("core grad") {
  TEST_CASE("the first contribution is adopted, later ones do not touch what was shared") {
    Context ctx;
    Grad grad;
    CHECK(grad.empty());
    Tensor a = Tensor::full({3}, 1);
    grad.add(a, ctx);
    CHECK(grad.value().shares_storage(a));
    grad.add(Tensor::full({3}, 5), ctx);
    CHECK(grad.value().r()[2] == 6);
    CHECK(a.r()[2] == 1);
    CHECK(contains(error_of([&] { grad.add(Tensor::zeros({4}), ctx); }), "expected shape [3]"));
    real beta = -1;
    CHECK(contains(error_of([&] { grad.accumulate({4}, ctx, beta); }), "expected shape [3]"));
  }

  TEST_CASE("accumulate gives beta 0 first, then 1, and keeps the buffer over clear") {
    Context ctx;
    Grad grad;
    real beta = -1;
    real* p = grad.accumulate({2}, ctx, beta);
    CHECK(beta == 0);
    p[0] = p[1] = 4;
    CHECK(grad.accumulate({2}, ctx, beta) == p);
    CHECK(beta == 1);
    grad.clear();
    CHECK(grad.empty());
    CHECK(grad.accumulate({2}, ctx, beta) == p);
    CHECK(beta == 0);
    grad.release();
    CHECK_FALSE(grad.value().defined());
  }

  TEST_CASE("accumulate into an adopted gradient copies it first") {
    Context ctx;
    Grad grad;
    const Tensor a = Tensor::full({2}, 1);
    grad.add(a, ctx);
    real beta = -1;
    real* p = grad.accumulate({2}, ctx, beta);
    CHECK(beta == 1);
    p[0] += 1;
    CHECK(a.r()[0] == 1);
    CHECK(grad.value().r()[0] == 2);
  }

  TEST_CASE("a cleared gradient does not write into a buffer that somebody still holds") {
    Context ctx;
    Grad grad;
    grad.add(Tensor::full({2}, 1), ctx);
    const Tensor held = grad.value();
    grad.clear();
    grad.add(Tensor::full({2}, 7), ctx);
    CHECK(held.r()[0] == 1);
    CHECK(grad.value().r()[0] == 7);
  }
}

TEST_SUITE("core parallel") {
  TEST_CASE("every task runs once, on a worker of the pool, run after run") {
    CHECK(contains(error_of([] { ThreadPool pool(0); }), "thread count"));
    for (int threads : {1, 2, 5}) {
      CAPTURE(threads);
      ThreadPool pool(threads);
      for (std::int64_t tasks : {0, 1, 3, 1000}) {
        std::vector<std::atomic<int>> count(static_cast<std::size_t>(tasks));
        std::atomic<int> bad{0};
        pool.run(tasks, [&](std::int64_t task, int worker) {
          ++count[static_cast<std::size_t>(task)];
          bad += worker < 0 || worker >= threads;
        });
        CHECK(std::ranges::all_of(count, [](const auto& c) { return c == 1; }));
        CHECK(bad == 0);
      }
    }
  }
}

}  // namespace octet::test
