// Folders of pictures that stay on the disk.
#include <doctest/doctest.h>

#include <algorithm>

#include "data/loader.h"
#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

struct Pictures {
  TempDir dir;
  Pictures() {
    for (const char* name : {"a", "b"}) {
      std::filesystem::create_directory(dir / name);
      for (int i = 0; i < 9; ++i) {
        const Image image = random_image(6 + i % 3, 7, 3, static_cast<std::uint64_t>(i + name[0]));
        write_file(dir / name / (std::to_string(i) + ".png"), png_bytes(image));
      }
    }
  }
  Dataset read(bool stream) const {
    return read_image_folder(dir.path(), {.input = {.h = 6, .w = 6}, .stream = stream});
  }
};

std::vector<real> epoch(Loader& loader) {
  std::vector<real> all;
  for (const auto& [x, y] : loader) {
    all.insert(all.end(), x.span<real>().begin(), x.span<real>().end());
    for (const std::int32_t v : y.span<std::int32_t>()) all.push_back(static_cast<real>(v));
  }
  return all;
}

}  // namespace

TEST_CASE_FIXTURE(Pictures, "stream: batches as from memory, at any number of threads") {
  const Dataset memory = read(false), disk = read(true);
  CHECK_FALSE(disk.images.defined());
  CHECK(disk.size() == 18);
  CHECK(disk.image_shape() == Shape{6, 6, 3});
  CHECK(disk.class_names == memory.class_names);
  LoaderOptions o;
  o.batch = 5;
  o.shuffle = true;
  o.seed = 3;
  o.transform.augment = {1, true, false, 0, 0};
  o.transform.augment.noise = 0.1;
  Loader reference(memory, o);
  const std::vector<real> expected = epoch(reference);
  for (const int threads : {1, 2, 5}) {
    for (const int prefetch : {0, 3}) {
      o.threads = threads;
      o.prefetch = prefetch;
      Loader loader(disk, o);
      CHECK(epoch(loader) == expected);
      Loader in_memory(memory, o);
      CHECK(epoch(in_memory) == expected);
    }
  }
  const Tensor third = sample_at(disk, 2), same = sample_at(memory, 2);
  CHECK(std::ranges::equal(third.span<std::uint8_t>(), same.span<std::uint8_t>()));
}

TEST_CASE_FIXTURE(Pictures, "stream: a subset, and measures, are those of the pictures") {
  const Dataset memory = read(false), disk = read(true);
  const std::vector<std::int64_t> chosen{17, 0, 4};
  const Dataset part = subset(disk, chosen);
  const Dataset same = subset(memory, chosen);
  CHECK(part.size() == 3);
  Loader a(part, {.batch = 3}), b(same, {.batch = 3});
  CHECK(epoch(a) == epoch(b));
  CHECK(content_hash(part) != content_hash(disk));
  CHECK(measure_normalization(disk).mean == measure_normalization(memory).mean);
  CHECK(measure_normalization(disk).std == measure_normalization(memory).std);
}

TEST_CASE_FIXTURE(Pictures, "stream: the hash sees names and sizes, not times") {
  const std::uint64_t hash = content_hash(read(true));
  CHECK(content_hash(read(true)) == hash);
  const auto file = dir / "a" / "3.png";
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now());
  CHECK(content_hash(read(true)) == hash);
  std::filesystem::rename(file, dir / "a" / "33.png");
  CHECK(content_hash(read(true)) != hash);
  std::filesystem::rename(dir / "a" / "33.png", file);
  Bytes bytes = read_file(file);
  bytes.push_back('x');
  write_file(file, bytes);
  CHECK(content_hash(read(true)) != hash);
}

TEST_CASE_FIXTURE(Pictures, "stream: a picture that is broken is an error at its batch") {
  const Dataset disk = read(true);
  write_file(dir / "b" / "0.png", {'x'});
  for (const int threads : {1, 4}) {
    Loader loader(disk, {.batch = 6, .threads = threads});
    CHECK_NOTHROW(loader.next());
    CHECK(error_of([&] { loader.next(); }).find("0.png: expected a PNG or JPEG picture") !=
          std::string::npos);
    CHECK(loader.position() == Loader::Position{0, 1});
  }
}

TEST_CASE_FIXTURE(Pictures, "stream: without a size all pictures must be like the first") {
  const Dataset disk = read_image_folder(dir.path(), {.stream = true});
  CHECK(disk.image_shape() == Shape{6, 7, 3});
  Loader loader(disk, {.batch = 3});
  CHECK(error_of([&] { loader.next(); }).find("1.png: expected 7 x 6 pixels of 3 channels (as ") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Pictures, "reading pictures: progress says what is read and how far it is") {
  std::vector<ReadProgress> seen;
  DataOptions o{.input = {.h = 4, .w = 5}};
  o.progress = [&](const ReadProgress& p) { seen.push_back(p); };
  read_image_folder(dir.path(), o);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].what == "reading 18 pictures: 2 classes, 4x5x3");
  CHECK((seen[0].done == 0 && seen[0].total == 18 && seen[1].done == 18));
  seen.clear();
  o.stream = true;
  read_image_folder(dir.path(), o);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].what == "18 pictures: 2 classes, 4x5x3");
}
