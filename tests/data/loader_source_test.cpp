// A loader over any function from an index to a sample.
#include <doctest/doctest.h>

#include "data/loader.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

/// Sample i: numbers i, i + 0.5; value -i.
SampleSource ramp(std::int64_t size) {
  SampleSource s;
  s.size = size;
  s.x = {1, 2, 1};
  s.x_type = ElementType::real;
  s.y = {1};
  s.y_type = ElementType::real;
  s.read = [](std::int64_t index, Tensor& x, Tensor& y) {
    x.r()[0] = static_cast<real>(index);
    x.r()[1] = static_cast<real>(index) + real(0.5);
    y.r()[0] = static_cast<real>(-index);
  };
  return s;
}

std::string refused(const std::function<void(SampleSource&)>& change, int classes = 0) {
  SampleSource s = ramp(3);
  change(s);
  return error_of([&] { make_dataset(s, classes, {}, "s"); });
}

}  // namespace

TEST_CASE("source of samples: shuffled, prefetched batches of values") {
  const Dataset d = make_dataset(ramp(10), 0, {}, "ramp");
  CHECK(d.target() == TargetKind::values);
  CHECK(d.size() == 10);
  LoaderOptions o;
  o.batch = 4;
  o.shuffle = true;
  o.transform.normalize = {{1}, {2}};
  o.threads = 3;
  Loader loader(d, o);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (std::int64_t b = 0; b < 3; ++b) {
      const std::vector<std::int64_t> indices = loader.indices(loader.position());
      const Batch batch = loader.next();
      CHECK(batch.x.shape() == Shape{batch.y.shape()[0], 1, 2, 1});
      CHECK(batch.y.shape() == Shape{static_cast<std::int64_t>(indices.size()), 1});
      for (std::size_t i = 0; i < indices.size(); ++i) {
        CHECK(batch.x.r()[2 * i] == static_cast<real>(indices[i] - 1) / 2);
        CHECK(batch.y.r()[i] == static_cast<real>(-indices[i]));
      }
    }
  }
}

TEST_CASE("source of samples: classes made with the sample, or all in memory") {
  SampleSource s = ramp(6);
  s.y = {};
  s.y_type = ElementType::i32;
  s.read = [](std::int64_t index, Tensor& x, Tensor& y) {
    x.r()[0] = x.r()[1] = 1;
    if (y.defined()) y.data<std::int32_t>()[0] = static_cast<std::int32_t>(index % 3);
  };
  Dataset d = make_dataset(s, 3, {"a", "b", "c"}, "made");
  const auto labels = [&] {
    Loader loader(d, {.batch = 6});
    const Batch b = loader.next();
    return std::vector<std::int32_t>(b.y.span<std::int32_t>().begin(),
                                     b.y.span<std::int32_t>().end());
  };
  CHECK(labels() == std::vector<std::int32_t>{0, 1, 2, 0, 1, 2});
  const Dataset fewer = make_dataset(s, 2, {}, "made");
  Loader wrong(fewer, {.batch = 6});
  CHECK(error_of([&] { wrong.next(); }) == "made: class of sample 2: expected 0 to 1, got 2");
  s.read = [](std::int64_t, Tensor& x, Tensor&) { x = Tensor::zeros({1, 1, 1}); };
  Loader misshapen(make_dataset(s, 2, {}, "made"), {.batch = 6});
  CHECK(error_of([&] { misshapen.next(); }) ==
        "made: sample 0: expected f32 [1, 2, 1], got f32 [1, 1, 1]");
  d.labels = Tensor::from<std::int32_t>({6}, std::vector<std::int32_t>{2, 2, 1, 1, 0, 0});
  CHECK(labels() == std::vector<std::int32_t>{2, 2, 1, 1, 0, 0});
}

TEST_CASE("source of samples: custom transforms and errors of any thread") {
  SampleSource s = ramp(8);
  s.read = [inner = s.read](std::int64_t index, Tensor& x, Tensor& y) {
    if (index == 5) fail("sample 5 is not there");
    if (index == 6) fail("sample 6 is not there");
    inner(index, x, y);
  };
  LoaderOptions o;
  o.batch = 4;
  o.threads = 4;
  o.custom = [](std::span<real> pixels, std::uint64_t, std::int64_t sample) {
    pixels[1] = static_cast<real>(100 * sample);
  };
  Loader loader(make_dataset(s, 0, {}, "s"), o);
  CHECK(loader.next().x.r()[7] == 300);
  for (int i = 0; i < 3; ++i) CHECK(error_of([&] { loader.next(); }) == "sample 5 is not there");
}

TEST_CASE("source of samples: what it says is checked") {
  const auto contains = [](const std::string& text, const char* part) {
    if (text.find(part) == std::string::npos) MESSAGE(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(contains(refused([](auto& s) { s.size = 0; }), "size: expected at least 1, got 0"));
  CHECK(contains(refused([](auto& s) { s.read = nullptr; }), "expected a function that reads"));
  CHECK(contains(refused([](auto& s) { s.x = {2, 3}; }), "expected u8 or real [H, W, C], got"));
  CHECK(contains(refused([](auto& s) { s.x_type = ElementType::i8; }), "got i8"));
  CHECK(contains(refused([](auto& s) { s.y = {}; }), "targets: expected i32 [], real [K]"));
  CHECK(contains(refused(
                     [](auto& s) {
                       s.y = {3, 3};
                       s.y_type = ElementType::i32;
                     },
                     2),
                 "or i32 [H, W] of the samples, got i32 [3, 3]"));
  CHECK(contains(refused([](auto&) {}, 2), "classes: expected none where targets are values"));
  CHECK(contains(error_of([] { make_dataset(ramp(2), 0, {"a"}, "s"); }),
                 "class names: expected none where targets are values (floats are, unless"));
  LoaderOptions o;
  o.threads = 0;
  CHECK(contains(error_of([&] { Loader(make_dataset(ramp(2), 0, {}, "s"), o); }),
                 "threads: expected 1 to 1024, got 0"));
}
