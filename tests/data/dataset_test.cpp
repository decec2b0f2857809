#include <doctest/doctest.h>

#include <algorithm>

#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

TEST_CASE("dataset: validate names what is wrong") {
  const Dataset good = random_dataset(6, 2, 3, 1, 4, 1);
  CHECK_NOTHROW(good.validate());
  CHECK(good.classes == 4);
  CHECK(good.image_shape() == Shape{2, 3, 1});
  const auto message = [](const Dataset& d) { return error_of([&] { d.validate(); }); };
  Dataset d = good;
  d.images = Tensor::zeros({6, 2, 3, 1}, ElementType::i8);
  CHECK(message(d).find("data set random: images: expected u8 or real [N, H, W, C], got i8") !=
        std::string::npos);
  d = good;
  d.images = good.images.reshape({6, 6, 1});
  CHECK_THROWS_AS(d.validate(), Error);
  d = good;
  d.labels = Tensor::zeros({5}, ElementType::i32);
  CHECK(message(d).find("labels: expected i32 [6]") != std::string::npos);
  d = good;
  d.classes = 3;
  CHECK(message(d).find("label of sample 3: expected 0 to 2, got 3") != std::string::npos);
  d = good;
  d.class_names = {"a"};
  CHECK(message(d).find("class names: expected 4 or none, got 1") != std::string::npos);
  CHECK_THROWS_AS(Dataset().validate(), Error);
}

TEST_CASE("dataset: make_dataset refuses labels out of range") {
  const Tensor images = Tensor::zeros({2, 1, 1, 1}, ElementType::u8);
  const auto make = [&](std::vector<std::int64_t> labels, std::vector<std::string> names) {
    return make_dataset(images, labels, std::move(names), "x");
  };
  CHECK(make({0, 4}, {}).classes == 5);
  CHECK(make({0, 1}, {"a", "b", "c"}).classes == 3);
  CHECK_THROWS_AS(make({0, 3}, {"a", "b", "c"}), Error);
  CHECK_THROWS_AS(make({0, -1}, {}), Error);
  CHECK_THROWS_AS(make({0, std::int64_t{1} << 32}, {}), Error);
  CHECK_THROWS_AS(make({0}, {}), Error);
  CHECK_THROWS_AS(make({}, {}), Error);
}

TEST_CASE("dataset: subset copies samples in the order asked for") {
  const Dataset d = random_dataset(6, 2, 3, 2, 4, 1);
  const std::vector<std::int64_t> indices{4, 0, 4};
  const Dataset s = subset(d, indices);
  CHECK(s.images.shape() == Shape{3, 2, 3, 2});
  CHECK(s.classes == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint8_t* from = d.images.data<std::uint8_t>() + 12 * indices[i];
    CHECK(std::equal(from, from + 12, s.images.data<std::uint8_t>() + 12 * i));
    CHECK(s.labels.data<std::int32_t>()[i] == d.labels.data<std::int32_t>()[indices[i]]);
  }
  CHECK_THROWS_AS(subset(d, std::vector<std::int64_t>{6}), Error);
  CHECK_THROWS_AS(subset(d, std::vector<std::int64_t>{-1}), Error);
  CHECK_THROWS_AS(subset(d, {}), Error);
}

TEST_CASE("dataset: the content hash sees extents, pixels and labels") {
  const Dataset d = random_dataset(6, 2, 3, 1, 4, 1);
  const std::uint64_t hash = content_hash(d);
  Dataset e = d;
  e.name = "other";
  CHECK(content_hash(e) == hash);
  e.images = d.images.reshape({6, 3, 2, 1});
  CHECK(content_hash(e) != hash);
  e = d;
  e.images = d.images.clone();
  e.images.data<std::uint8_t>()[35] ^= 1;
  CHECK(content_hash(e) != hash);
  e = d;
  e.labels = d.labels.clone();
  e.labels.data<std::int32_t>()[5] ^= 1;
  CHECK(content_hash(e) != hash);
  // FNV-1a of the extents 1, 1, 1, 1, the pixel 'a' and the label 0, computed independently.
  const Tensor one = Tensor::from<std::uint8_t>({1, 1, 1, 1}, std::vector<std::uint8_t>{'a'});
  CHECK(content_hash(make_dataset(one, std::vector<std::int64_t>{0}, {}, "")) ==
        0x61a169de4ba07c8cULL);
}
