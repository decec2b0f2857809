// Readers on the real files of Fashion-MNIST and CIFAR-10, where the shared data is there.
#include <doctest/doctest.h>

#include <cstdlib>

#include "data/source.h"
#include "data/transform.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

TEST_SUITE_BEGIN("shared");

TEST_CASE("shared: Fashion-MNIST has its published extents, balance and statistics") {
  const DataSource s = open_data_source(DataFormat::idx, *shared_dir() / "data" / "fashion-mnist");
  CHECK(s.train.images.shape() == Shape{60000, 28, 28, 1});
  CHECK(s.test.images.shape() == Shape{10000, 28, 28, 1});
  CHECK(s.train.classes == 10);
  for (const Dataset& d : {s.train, s.test}) {
    std::vector<std::int64_t> count(10);
    for (const std::int32_t l : d.labels.span<std::int32_t>()) ++count[static_cast<std::size_t>(l)];
    CHECK(count == std::vector<std::int64_t>(10, d.size() / 10));
  }
  // Mean 0.2860 and deviation 0.3530 in units of 0..1 are the values in common use.
  const Normalization n = measure_normalization(s.train);
  CHECK(n.mean[0] / 255 == doctest::Approx(0.2860).epsilon(1e-3));
  CHECK(n.std[0] / 255 == doctest::Approx(0.3530).epsilon(1e-3));
  CHECK(content_hash(s.train) == 0x6a7c572e9a798257ULL);
  CHECK(content_hash(s.test) == 0x2e5ec40b0e7b1265ULL);
}

TEST_CASE("shared: CIFAR-10 as JPEG files") {
  TempDir dir;
  // Three hundred files of the archive's beginning would be one class: some of each test class.
  const std::string archive = (*shared_dir() / "data" / "cifar10-jpg.tar.xz").string();
  const std::string command = "tar -xJf '" + archive + "' -C '" + dir.path().string() +
                              "' --wildcards 'test/*/000?.jpg' 'test/*/00?0.jpg'";
  REQUIRE(std::system(command.c_str()) == 0);
  const Dataset d = open_dataset("image_folder", dir.path() / "test", "whole", {.channels = 3});
  CHECK(d.image_shape() == Shape{32, 32, 3});
  CHECK(d.classes == 10);
  CHECK(d.class_names[0] == "airplane");
  CHECK(d.size() == 190);
  const Normalization n = measure_normalization(d);
  // The whole set's means are 125, 123, 114 and its deviations 63, 62, 67.
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(n.mean[c] == doctest::Approx(120).epsilon(0.15));
    CHECK(n.std[c] == doctest::Approx(64).epsilon(0.15));
  }
}

TEST_SUITE_END();
