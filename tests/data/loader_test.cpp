#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include "data/loader.h"
#include "tests/address_sanitizer.h"
#include "tests/allocation_counter.h"
#include "tests/base/forked_child.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

LoaderOptions options(int prefetch) {
  LoaderOptions o;
  o.batch = 4;
  o.shuffle = true;
  o.seed = 11;
  o.transform.augment = {1, true, true, 1, 9};
  o.prefetch = prefetch;
  return o;
}

/// Pixels and labels of a batch, copied.
struct Copy {
  std::vector<real> x;
  std::vector<std::int32_t> y;
  explicit Copy(const Batch& b)
      : x(b.x.span<real>().begin(), b.x.span<real>().end()),
        y(b.y.span<std::int32_t>().begin(), b.y.span<std::int32_t>().end()) {}
  bool operator==(const Copy&) const = default;
};

std::vector<Copy> epochs(Loader& loader, int count) {
  std::vector<Copy> all;
  for (int e = 0; e < count; ++e) {
    for (const Batch& b : loader) all.emplace_back(b);
  }
  return all;
}

}  // namespace

TEST_CASE("loader: the batches are the same at any prefetch depth") {
  const Dataset d = random_dataset(21, 5, 5, 2, 3, 1);
  Loader direct(d, options(0));
  const std::vector<Copy> expected = epochs(direct, 3);
  CHECK(expected.size() == 18);
  for (const int prefetch : {1, 2, 3, 40}) {
    CAPTURE(prefetch);
    Loader loader(d, options(prefetch));
    CHECK(epochs(loader, 3) == expected);
  }
}

TEST_CASE("loader: structured bindings, shapes and the smaller last batch") {
  Loader loader(random_dataset(10, 3, 2, 1, 3, 1), options(2));
  std::vector<std::int64_t> sizes;
  for (auto& [x, y] : loader) {
    sizes.push_back(y.shape()[0]);
    CHECK(x.shape() == Shape{y.shape()[0], 3, 2, 1});
    CHECK(x.dtype() == ElementType::real);
    CHECK(y.dtype() == ElementType::i32);
  }
  CHECK(sizes == std::vector<std::int64_t>{4, 4, 2});
  CHECK(loader.batches_per_epoch() == 3);
  CHECK(loader.samples_per_epoch() == 10);
  CHECK(loader.position() == Loader::Position{1, 0});
}

TEST_CASE("loader: drop_last leaves the smaller batch out") {
  LoaderOptions o = options(2);
  o.drop_last = true;
  Loader loader(random_dataset(10, 3, 2, 1, 3, 1), o);
  CHECK(epochs(loader, 1).size() == 2);
  CHECK(loader.samples_per_epoch() == 8);
  o.batch = 11;
  CHECK_THROWS_AS(Loader(random_dataset(10, 3, 2, 1, 3, 1), o), Error);
  o.drop_last = false;
  CHECK(Loader(random_dataset(10, 3, 2, 1, 3, 1), o).batches_per_epoch() == 1);
}

TEST_CASE("loader: an epoch is a permutation of its own; without shuffle, the data set's order") {
  const Dataset d = random_dataset(50, 1, 1, 1, 50, 1);  // label i is sample i
  LoaderOptions o;
  o.shuffle = true;
  const auto order = [&](std::uint64_t seed, std::uint64_t epoch) {
    o.seed = seed;
    Loader loader(d, o);
    loader.seek(epoch);
    std::vector<std::int32_t> labels;
    for (const auto& [x, y] : loader) {
      const auto span = y.span<std::int32_t>();
      labels.insert(labels.end(), span.begin(), span.end());
    }
    return labels;
  };
  std::set<std::vector<std::int32_t>> seen;
  for (const std::uint64_t seed : {0, 1}) {
    for (const std::uint64_t epoch : {0, 1, 2}) {
      std::vector<std::int32_t> labels = order(seed, epoch);
      CHECK(seen.insert(labels).second);
      CHECK(labels == order(seed, epoch));
      std::sort(labels.begin(), labels.end());
      for (std::int32_t i = 0; i < 50; ++i) CHECK(labels[static_cast<std::size_t>(i)] == i);
    }
  }
  o.shuffle = false;
  const std::vector<std::int32_t> plain = order(0, 3);
  CHECK(std::is_sorted(plain.begin(), plain.end()));
}

TEST_CASE("loader: seek gives what reading up to there gives") {
  const Dataset d = random_dataset(21, 5, 5, 2, 3, 1);
  Loader direct(d, options(0));
  const std::vector<Copy> all = epochs(direct, 3);
  Loader loader(d, options(3));
  // Forwards, backwards, to the same place, at the end of an epoch.
  for (const int at : {0, 7, 7, 3, 17, 5, 6, 12, 0}) {
    CAPTURE(at);
    loader.seek(static_cast<std::uint64_t>(at / 6), at % 6);
    CHECK(loader.position() == Loader::Position{static_cast<std::uint64_t>(at / 6), at % 6});
    CHECK(Copy(loader.next()) == all[static_cast<std::size_t>(at)]);
    if (at < 17) CHECK(Copy(loader.next()) == all[static_cast<std::size_t>(at) + 1]);
  }
  loader.seek(1, 6);
  CHECK(loader.position() == Loader::Position{2, 0});
  CHECK(Copy(loader.next()) == all[12]);
  loader.seek(1, 4);  // the rest of the epoch
  CHECK(epochs(loader, 1) == std::vector<Copy>(all.begin() + 10, all.begin() + 12));
  CHECK_THROWS_AS(loader.seek(0, 7), Error);
  CHECK_THROWS_AS(loader.seek(0, -1), Error);
  CHECK_THROWS_AS(loader.seek(std::uint64_t{1} << 32, 0), Error);
}

TEST_CASE("loader: leaving a loop early, the next goes on") {
  const Dataset d = random_dataset(21, 5, 5, 2, 3, 1);
  Loader direct(d, options(0));
  const std::vector<Copy> all = epochs(direct, 2);
  Loader loader(d, options(2));
  for (const Batch& b : loader) {
    CHECK(Copy(b) == all[0]);
    break;
  }
  CHECK(loader.position() == Loader::Position{0, 1});
  CHECK(epochs(loader, 1) == std::vector<Copy>(all.begin() + 1, all.begin() + 6));
}

TEST_CASE("loader: the order of an epoch is that of its batches, known beforehand") {
  const Dataset d = random_dataset(21, 5, 5, 2, 3, 1);
  for (const bool drop_last : {false, true}) {
    LoaderOptions o = options(2);
    o.batch = 4;
    o.drop_last = drop_last;
    const Loader loader(d, o);
    std::vector<std::int64_t> joined;
    for (std::int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
      const std::vector<std::int64_t> part = loader.indices({3, b});
      joined.insert(joined.end(), part.begin(), part.end());
    }
    CHECK(loader.indices(std::uint64_t{3}) == joined);
    CHECK(joined.size() == (drop_last ? 20 : 21));
  }
}

TEST_CASE("loader: augmentation is keyed by the sample, not by its place") {
  const Dataset d = random_dataset(30, 6, 6, 1, 30, 1);
  LoaderOptions o = options(2);
  const auto by_sample = [&](Loader loader, std::uint64_t epoch) {
    loader.seek(epoch);
    std::vector<std::vector<real>> pixels(30);
    for (std::int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
      const std::vector<std::int64_t> indices = loader.indices({epoch, b});
      const Copy batch(loader.next());
      REQUIRE(batch.y.size() == indices.size());
      for (std::size_t i = 0; i < indices.size(); ++i) {
        CHECK(batch.y[i] == d.labels.data<std::int32_t>()[indices[i]]);
        const auto first = batch.x.begin() + static_cast<std::ptrdiff_t>(36 * i);
        pixels[static_cast<std::size_t>(indices[i])].assign(first, first + 36);
      }
    }
    return pixels;
  };
  const auto expected = by_sample(Loader(d, o), 1);
  CHECK(by_sample(Loader(d, o), 2) != expected);
  o.batch = 7;
  o.shuffle = false;
  o.prefetch = 0;
  CHECK(by_sample(Loader(d, o), 1) == expected);
}

TEST_CASE("loader: an exception of the background thread arrives at its batch") {
  const Dataset d = random_dataset(20, 2, 2, 1, 3, 1);
  for (const int prefetch : {0, 1, 4}) {
    CAPTURE(prefetch);
    LoaderOptions o = options(prefetch);
    o.shuffle = false;
    auto broken = std::make_shared<std::atomic<bool>>(true);
    o.custom = [broken](std::span<real> pixels, std::uint64_t, std::int64_t sample) {
      if (sample == 9 && *broken) fail("sample 9 is broken");
      pixels[0] = static_cast<real>(1000 + sample);
    };
    Loader loader(d, o);
    CHECK(loader.next().x.r()[4] == 1001);
    loader.next();
    for (int i = 0; i < 3; ++i) {
      CHECK(error_of([&] { loader.next(); }) == "sample 9 is broken");
      CHECK(loader.position() == Loader::Position{0, 2});
    }
    loader.seek(0, 3);
    CHECK(loader.next().x.r()[0] == 1012);
    *broken = false;
    loader.seek(0, 2);
    CHECK(loader.next().x.r()[4] == 1009);
  }
}

TEST_CASE("loader: shuts down at any moment") {
  const Dataset d = random_dataset(20, 8, 8, 3, 3, 1);
  LoaderOptions o = options(3);
  for (int i = 0; i < 60; ++i) {
    auto loader = std::make_unique<Loader>(d, o);
    for (int k = 0; k < i % 5; ++k) loader->next();
    if (i % 3 == 0) loader->seek(static_cast<std::uint64_t>(i), i % 4);
    if (i % 2) std::this_thread::sleep_for(std::chrono::microseconds(20 * i));
    Loader moved(std::move(*loader));
    if (i % 7 == 0) moved.next();
  }
  Batch kept;
  {
    Loader loader(d, o);
    kept = loader.next();
  }
  CHECK(kept.x.shape() == Shape{4, 8, 8, 3});
  Loader again(d, o);
  CHECK(Copy(kept) == Copy(again.next()));
}

TEST_CASE("loader: allocates nothing in the steady state") {
  for (const int prefetch : {0, 2}) {
    CAPTURE(prefetch);
    Loader loader(random_dataset(32, 8, 8, 3, 3, 1), options(prefetch));
    // Warm up: the ring is full while a batch is held, then all of them are let go at once.
    for (int i = 0; i < 4; ++i) {
      const Batch held = loader.next();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    loader.seek(3, 1);
    AllocationCounter counter;
    for (int i = 0; i < 40; ++i) {
      const Batch b = loader.next();
      if (b.y.shape()[0] != 4) std::abort();
    }
    CHECK(counter.count() == 0);
    const Tensor seen_by_the_counter = Tensor::empty({100});
    CHECK(counter.count() > 0);
  }
}

TEST_CASE("loader: can be destroyed in a forked child, where its thread is not" *
          doctest::skip(octet::test::address_sanitizer)) {
  for (int round = 0; round < 5; ++round) {
    auto loader = std::make_unique<Loader>(random_dataset(32, 8, 8, 3, 3, 1), options(2));
    loader->next();
    CHECK(in_child([&] {
            loader.reset();
            return 0;
          }) == 0);
    loader->next();
  }
}

TEST_CASE("loader: options and data sets are checked") {
  const Dataset d = random_dataset(20, 2, 2, 1, 3, 1);
  LoaderOptions o;
  o.batch = 0;
  CHECK(error_of([&] { Loader(d, o); }).find("batch: expected at least 1, got 0") !=
        std::string::npos);
  o.batch = 1;
  o.prefetch = -1;
  CHECK_THROWS_AS(Loader(d, o), Error);
  o.prefetch = 0;
  o.transform.augment.shift = 2;
  CHECK_THROWS_AS(Loader(d, o), Error);
  CHECK_THROWS_AS(Loader(Dataset(), {}), Error);
  Loader loader(d, {});
  CHECK_THROWS_AS(loader.indices({0, 1}), Error);
}
