#include <doctest/doctest.h>

#include "data/readers.h"
#include "data/source.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

TEST_CASE("source: names of formats and splits") {
  for (const std::string_view name : data_format_names()) {
    CHECK(to_string(parse_data_format(name)) == name);
  }
  for (const Split s : {Split::train, Split::val, Split::test, Split::whole}) {
    CHECK(parse_split(to_string(s)) == s);
  }
  CHECK(
      error_of([] { parse_data_format("mnist"); }) ==
      "data format: expected one of hdf5, idx, cifar10, image_folder, mask_folder, numpy, csv; got "
      "\"mnist\"");
  CHECK_THROWS_AS(parse_split(""), Error);
}

TEST_CASE("source: hdf5") {
  TempDir dir;
  const Dataset a = random_dataset(8, 2, 2, 1, 4, 1), b = random_dataset(5, 2, 2, 1, 3, 2);
  write_hdf5(dir / "d.h5", {{"train", a}, {"test", b}});
  const DataSource s = open_data_source(DataFormat::hdf5, dir / "d.h5");
  CHECK(same_contents(s.train, a));
  CHECK(same_contents(s.test, b));
  CHECK(s.test.classes == 4);
  write_hdf5(dir / "w.h5", {{"", a}});
  CHECK(same_contents(open_dataset("hdf5", dir / "w.h5", "whole"), a));
  CHECK_THROWS_AS(open_dataset("hdf5", dir / "w.h5", "train"), Error);
  CHECK_THROWS_AS(open_dataset("hdf5", dir / "w.h5", "whole", {.channels = 3}), Error);
  write_hdf5(dir / "x.h5", {{"train", a}, {"test", random_dataset(5, 2, 3, 1, 3, 2)}});
  CHECK(error_of([&] {
          open_data_source(DataFormat::hdf5, dir / "x.h5");
        }).find("test images: expected [2, 2, 1] as in train, got [2, 3, 1]") != std::string::npos);
}

TEST_CASE("source: idx, plain or gzipped") {
  TempDir dir;
  const Dataset a = random_dataset(8, 2, 2, 1, 4, 1);
  std::vector<std::uint8_t> labels;
  for (const std::int32_t l : a.labels.span<std::int32_t>()) {
    labels.push_back(static_cast<std::uint8_t>(l));
  }
  const Bytes images = idx_bytes({8, 2, 2}, a.images.data<std::uint8_t>());
  write_file(dir / "train-images-idx3-ubyte", images);
  write_file(dir / "train-labels-idx1-ubyte.gz", gzip(idx_bytes({8}, labels.data())));
  CHECK(same_contents(open_dataset("idx", dir.path(), "train"), a));
  CHECK(same_contents(open_dataset("idx", dir / "train-images-idx3-ubyte", "whole"), a));
  CHECK(error_of([&] {
          open_dataset("idx", dir.path(), "test");
        }).find("expected the file t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz") !=
        std::string::npos);
}

TEST_CASE("source: cifar10") {
  TempDir dir;
  const Bytes record(3073, 2);
  write_file(dir / "data_batch_2.bin", record);
  Bytes first = record;
  first[0] = 7;
  write_file(dir / "data_batch_1.bin", first);
  CHECK(error_of([&] { open_dataset("cifar10", dir.path(), "test"); }).find("test_batch.bin") !=
        std::string::npos);
  write_file(dir / "test_batch.bin", record);
  DataSource s = open_data_source(DataFormat::cifar10, dir.path());
  CHECK(s.train.size() == 2);
  CHECK(s.train.labels.data<std::int32_t>()[0] == 7);
  CHECK(s.train.labels.data<std::int32_t>()[1] == 2);
  CHECK(s.test.size() == 1);
  CHECK(open_dataset("cifar10", dir / "test_batch.bin", "whole").size() == 1);
  const std::string names = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";
  write_file(dir / "batches.meta.txt", Bytes(names.begin(), names.end()));
  CHECK(open_dataset("cifar10", dir.path(), "train").class_names[9] == "j");
  write_file(dir / "batches.meta.txt", Bytes(names.begin(), names.begin() + 10));
  CHECK(error_of([&] {
          open_dataset("cifar10", dir.path(), "train");
        }).find("expected 10 class names, got 5") != std::string::npos);
}

TEST_CASE("source: image folder") {
  TempDir dir;
  for (const char* split : {"train", "test"}) {
    std::filesystem::create_directories(dir.path() / split / "a");
    write_file(dir.path() / split / "a" / "1.jpg", jpeg_bytes(random_image(8, 8, 3, 1)));
  }
  const DataSource s = open_data_source(DataFormat::image_folder, dir.path(), {.channels = 1});
  CHECK(s.train.image_shape() == Shape{8, 8, 1});
  CHECK(open_dataset("image_folder", dir / "test", "whole").image_shape() == Shape{8, 8, 3});
  std::filesystem::rename(dir.path() / "test" / "a", dir.path() / "test" / "b");
  CHECK(error_of([&] { open_data_source(DataFormat::image_folder, dir.path()); })
            .ends_with(
                ": expected the same class names in train and test; only in train: 'a'; only in "
                "test: 'b'"));
  const DataSource joined =
      open_data_source(DataFormat::image_folder, dir.path(), {.join_classes = true});
  CHECK(joined.train.class_names == std::vector<std::string>{"a", "b"});
  CHECK(joined.test.class_names == joined.train.class_names);
  CHECK(joined.test.classes == 2);
  CHECK(joined.test.labels.data<std::int32_t>()[0] == 1);
  CHECK(joined.train.labels.data<std::int32_t>()[0] == 0);
}
