// Splits of the formats with numbers, and what is said when they do not fit together.
#include <doctest/doctest.h>

#include "data/readers.h"
#include "data/source.h"
#include "tests/data/files.h"
#include "tests/interop/weight_files.h"

using namespace octet;
using namespace octet::test;

namespace {

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, {text.begin(), text.end()});
}

std::vector<std::int32_t> labels(const Dataset& d) {
  return {d.labels.span<std::int32_t>().begin(), d.labels.span<std::int32_t>().end()};
}

std::string refused(DataFormat format, const std::filesystem::path& path,
                    const DataOptions& o = {}) {
  return error_of([&] { open_data_source(format, path, o); });
}

}  // namespace

TEST_CASE("source: csv, with the classes of train in every split") {
  const TempDir dir;
  write_text(dir / "train.csv", "a,c\n1,x\n2,y\n3,z\n");
  write_text(dir / "test.csv", "a,c\n1,z\n");
  write_text(dir / "val.csv", "a,c\n5,y\n");
  const DataSource s = open_data_source(DataFormat::csv, dir.path());
  CHECK(labels(s.test) == std::vector<std::int32_t>{2});
  CHECK(labels(s.val) == std::vector<std::int32_t>{1});
  CHECK(s.test.class_names == s.train.class_names);
  CHECK(open_dataset("csv", dir / "test.csv", "whole").classes == 1);
  write_text(dir / "test.csv", "a,c\n1,q\n");
  CHECK(refused(DataFormat::csv, dir.path())
            .ends_with("test.csv: the class 'q' is not one of those that are known"));
  write_text(dir / "test.csv", "a,b,c\n1,2,x\n");
  CHECK(refused(DataFormat::csv, dir.path()).find("test.csv:1: column 2: expected 'c' as in ") !=
        std::string::npos);
  write_text(dir / "test.csv", "1,2,x\n");
  CHECK(
      refused(DataFormat::csv, dir.path()).find("expected [1, 1, 1] as in train, got [1, 1, 2]") !=
      std::string::npos);
}

TEST_CASE("source: csv, whole numbers are values where train's are") {
  const TempDir dir;
  write_text(dir / "train.csv", "1,0.5\n2,3\n");
  write_text(dir / "test.csv", "1,2\n2,3\n");
  const DataSource s = open_data_source(DataFormat::csv, dir.path());
  CHECK(s.test.target() == TargetKind::values);
  CHECK(s.test.classes == 0);
}

TEST_CASE("source: numpy") {
  const TempDir dir;
  const std::string x = npy(npy_header("(2, 2, 2)", "|u1"), "abcdefgh");
  const std::string y = npy(npy_header("(2,)", "<i8"), raw<std::int64_t>({1, 0}));
  write_text(dir / "d.npz", zip({{.name = "x_train.npy", .data = x},
                                 {.name = "y_train.npy", .data = y},
                                 {.name = "x_test.npy", .data = x},
                                 {.name = "y_test.npy", .data = y}}));
  const DataSource s =
      open_data_source(DataFormat::numpy, dir / "d.npz", {.class_names = {"a", "b"}});
  CHECK(s.train.image_shape() == Shape{2, 2, 1});
  CHECK(s.test.class_names[1] == "b");
  CHECK(s.val.size() == 0);
}

TEST_CASE("source: masks, and pictures of any size") {
  const TempDir dir;
  for (const char* split : {"train", "test", "val"}) {
    std::filesystem::create_directories(dir.path() / split / "images");
    std::filesystem::create_directories(dir.path() / split / "masks");
    write_file(dir.path() / split / "images" / "1.png", png_bytes(random_image(4, 5, 1, 1)));
    write_file(dir.path() / split / "masks" / "1.png",
               png_bytes({4, 5, 1, std::vector<std::uint8_t>(20, split[0] == 'v' ? 2 : 1)}));
  }
  const DataSource s = open_data_source(DataFormat::mask_folder, dir.path(),
                                        {.channels = 3, .input = {.h = 8, .w = 8}});
  CHECK(s.val.image_shape() == Shape{8, 8, 3});
  CHECK(s.train.classes == 3);
}

TEST_CASE("source: pictures of other formats are resized, too, and take names") {
  const TempDir dir;
  const Dataset a = random_dataset(8, 4, 6, 1, 4, 1);
  write_hdf5(dir / "d.h5", {{"train", a}, {"test", a}});
  const DataSource s = open_data_source(DataFormat::hdf5, dir / "d.h5",
                                        {.input = {.h = 8, .w = 3, .resize = ResizeFilter::area},
                                         .class_names = {"a", "b", "c", "d"}});
  CHECK(s.train.images.shape() == Shape{8, 8, 3, 1});
  CHECK(s.test.class_names[3] == "d");
  const Bytes images = idx_bytes({8, 4, 6}, a.images.data<std::uint8_t>());
  std::vector<std::uint8_t> classes;
  for (const std::int32_t l : labels(a)) classes.push_back(static_cast<std::uint8_t>(l));
  write_file(dir / "images-idx3-ubyte", images);
  write_file(dir / "labels-idx1-ubyte", idx_bytes({8}, classes.data()));
  const auto idx = [&](const DataOptions& o) {
    return open_dataset(DataFormat::idx, dir / "images-idx3-ubyte", Split::whole, o);
  };
  CHECK(idx({.input = {.h = 2, .w = 2}}).image_shape() == Shape{2, 2, 1});
  CHECK(idx({.class_names = {"a", "b", "c", "d", "e"}}).classes == 5);
  CHECK(error_of([&] { idx({.class_names = {"a"}}); }).find("expected 0 to 0") !=
        std::string::npos);
}

TEST_CASE("source: a folder where a file is expected, and what it looks like") {
  const TempDir dir;
  const auto message = [&] { return refused(DataFormat::hdf5, dir.path()); };
  CHECK(message().ends_with(
      " is a folder, but format hdf5 is a file: expected another path or format"));
  std::filesystem::create_directories(dir / "train");
  CHECK(message().ends_with(
      " is a folder, but format hdf5 is a file: it looks like format image_folder"));
  std::filesystem::create_directories(dir / "train" / "images");
  std::filesystem::create_directories(dir / "train" / "masks");
  CHECK(message().ends_with("it looks like format mask_folder"));
  CHECK(error_of([&] { read_idx(dir.path(), dir.path()); }).find("expected a file, got a folder") !=
        std::string::npos);
}

TEST_CASE("source: options that a format does not know are refused") {
  const TempDir dir;
  CHECK(refused(DataFormat::idx, dir.path(), {.stream = true})
            .find("stream: only folders of pictures can stay on the disk") != std::string::npos);
  CHECK(refused(DataFormat::idx, dir.path(), {.target_columns = {"a"}}).find("target_columns") !=
        std::string::npos);
}
