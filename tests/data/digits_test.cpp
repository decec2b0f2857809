#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "data/digits.h"
#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

constexpr std::uint64_t train_hash = 0xf7b963a71019b15bULL, test_hash = 0x1ef880938079bd53ULL;

DataSource embedded() {
  return open_data_source(DataFormat::hdf5, source_dir() / "data" / "digits.h5");
}

/// Label of the training sample that is nearest in squared distance.
std::int32_t nearest(const Dataset& train, const std::uint8_t* image) {
  const std::int64_t pixels = train.image_shape().numel();
  const std::uint8_t* p = train.images.data<std::uint8_t>();
  std::int64_t best = 0, least = INT64_MAX;
  for (std::int64_t i = 0; i < train.size(); ++i, p += pixels) {
    int sum = 0;
    for (std::int64_t k = 0; k < pixels; ++k) sum += (p[k] - image[k]) * (p[k] - image[k]);
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return train.labels.data<std::int32_t>()[best];
}

}  // namespace

TEST_CASE("digits: the committed file is the data set described") {
  CHECK(std::filesystem::file_size(source_dir() / "data" / "digits.h5") < 1'500'000);
  const DataSource d = embedded();
  CHECK(d.train.images.shape() == Shape{4000, 20, 20, 1});
  CHECK(d.test.images.shape() == Shape{1000, 20, 20, 1});
  CHECK(d.train.classes == 10);
  CHECK(d.train.class_names[7] == "7");
  CHECK(d.train.name == "OpenCV digits, train");
  CHECK(content_hash(d.train) == train_hash);
  CHECK(content_hash(d.test) == test_hash);
}

TEST_CASE("digits: balanced, in turn, using the whole range") {
  const DataSource source = embedded();
  for (const Dataset& d : {source.train, source.test}) {
    for (std::int64_t i = 0; i < d.size(); ++i) {
      CHECK_EQ(d.labels.data<std::int32_t>()[i], i % 10);
    }
    const auto [least, most] = std::ranges::minmax(d.images.span<std::uint8_t>());
    CHECK(least == 0);
    CHECK(most == 255);
    // Ink on black: no sample is blank or full.
    const std::uint8_t* p = d.images.data<std::uint8_t>();
    for (std::int64_t i = 0; i < d.size(); ++i, p += 400) {
      const auto ink = std::count_if(p, p + 400, [](std::uint8_t v) { return v > 127; });
      CHECK_MESSAGE((ink >= 5 && ink < 250), "sample ", i, ": ", ink);
    }
  }
}

TEST_CASE("digits: the labels belong to the images") {
  const DataSource d = embedded();
  int right = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    const std::int64_t sample = i * 10 + i % 10;  // each class ten times
    right += nearest(d.train, d.test.images.data<std::uint8_t>() + sample * 400) ==
             d.test.labels.data<std::int32_t>()[sample];
  }
  CHECK(right >= 90);
}

TEST_CASE("digits: another picture is refused") {
  TempDir dir;
  write_file(dir / "p.png", png_bytes(random_image(10, 10, 1, 1)));
  CHECK(error_of([&] { make_digits(dir / "p.png"); }).find("expected 2000 x 1000 grey pixels") !=
        std::string::npos);
}

TEST_SUITE_BEGIN("shared");

TEST_CASE("digits: made again from the picture, the file has the same contents") {
  const DataSource made = make_digits(*shared_dir() / "data" / "opencv-digits" / "digits.png");
  CHECK(content_hash(made.train) == train_hash);
  CHECK(content_hash(made.test) == test_hash);
  // No pixel is lost or doubled: the sums of the picture and of the samples agree.
  const Image picture = read_image(*shared_dir() / "data" / "opencv-digits" / "digits.png");
  std::array<std::int64_t, 2> sums{};
  for (const std::uint8_t p : picture.pixels) sums[0] += std::int64_t{p} * p;
  for (const Dataset& d : {made.train, made.test}) {
    for (const std::uint8_t p : d.images.span<std::uint8_t>()) sums[1] += std::int64_t{p} * p;
  }
  CHECK(sums[0] == sums[1]);
}

TEST_SUITE_END();
