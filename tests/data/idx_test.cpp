#include <doctest/doctest.h>

#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

struct IdxPair {
  Dataset data = random_dataset(12, 5, 4, 1, 3, 7);
  std::vector<std::uint8_t> label_bytes;
  Bytes images, labels;
  explicit IdxPair(std::vector<std::int64_t> dims = {12, 5, 4}) {
    for (const std::int32_t l : data.labels.span<std::int32_t>()) {
      label_bytes.push_back(static_cast<std::uint8_t>(l));
    }
    images = idx_bytes(dims, data.images.data<std::uint8_t>());
    labels = idx_bytes({12}, label_bytes.data());
  }
};

}  // namespace

TEST_CASE("idx: plain and gzipped files read alike") {
  TempDir dir;
  const IdxPair pair;
  for (const bool zipped : {false, true}) {
    CAPTURE(zipped);
    write_file(dir / "i", zipped ? gzip(pair.images) : pair.images);
    write_file(dir / "l", zipped ? gzip(pair.labels) : pair.labels);
    const Dataset d = read_idx(dir / "i", dir / "l");
    CHECK(same_contents(d, pair.data));
    CHECK(d.classes == 3);
    CHECK(d.name == (dir / "i").string());
  }
}

TEST_CASE("idx: four dimensions are images with channels") {
  TempDir dir;
  const IdxPair pair({12, 5, 2, 2});
  write_file(dir / "i", pair.images);
  write_file(dir / "l", pair.labels);
  CHECK(read_idx(dir / "i", dir / "l").images.shape() == Shape{12, 5, 2, 2});
}

TEST_CASE("idx: errors say what was expected") {
  TempDir dir;
  const IdxPair pair;
  write_file(dir / "i", pair.images);
  write_file(dir / "l", pair.labels);
  const auto with_images = [&](const Bytes& bytes) {
    write_file(dir / "bad", bytes);
    return error_of([&] { read_idx(dir / "bad", dir / "l"); });
  };
  Bytes b = pair.images;
  b[2] = 13;
  CHECK(with_images(b).find("expected 8 (u8), got 13") != std::string::npos);
  b = pair.images;
  b[11] = 4;  // one row fewer than there are: a byte too many
  CHECK(with_images(b).find("expected the end of the file") != std::string::npos);
  b = pair.images;
  b[11] = 6;
  CHECK(with_images(b).find("expected 288 elements, got 240") != std::string::npos);
  const std::vector<std::uint8_t> pixels(20 * 11);
  CHECK(with_images(idx_bytes({11, 5, 4}, pixels.data())).find("expected 12 images") !=
        std::string::npos);
  CHECK(with_images({}).find("IDX file") != std::string::npos);
  CHECK(error_of([&] { read_idx(dir / "l", dir / "l"); }).find("expected 3 or more, got 1") !=
        std::string::npos);
  CHECK(error_of([&] { read_idx(dir / "none", dir / "l"); }).find("nothing there") !=
        std::string::npos);
  CHECK(error_of([&] { read_idx(dir.path(), dir / "l"); }).find("expected a file") !=
        std::string::npos);
}

TEST_CASE("idx: a header that declares gigabytes is refused at once") {
  TempDir dir;
  const IdxPair pair;
  write_file(dir / "l", pair.labels);
  Bytes b = pair.images;
  b[4] = 0x7f;  // 2^31 images
  for (const bool zipped : {false, true}) {
    write_file(dir / "i", zipped ? gzip(b) : b);
    CHECK(error_of([&] { read_idx(dir / "i", dir / "l"); }).find("more elements than the file") !=
          std::string::npos);
  }
  for (std::size_t i = 4; i < 16; ++i) b[i] = static_cast<char>(0xff);
  write_file(dir / "i", b);
  CHECK(error_of([&] { read_idx(dir / "i", dir / "l"); }).find("more elements than the file") !=
        std::string::npos);
}

TEST_CASE("idx: counts are compared before anything is unpacked") {
  TempDir dir;
  const IdxPair pair;
  write_file(dir / "l", gzip(pair.labels));
  // The header is fine; the check sum behind more than zlib unpacks at once is not.
  const Dataset large = random_dataset(12, 100, 100, 1, 3, 1);
  const auto with_images = [&](std::int64_t n) {
    Bytes b = gzip(idx_bytes({n, 100, 100}, large.images.data<std::uint8_t>()));
    b[b.size() - 6] = static_cast<char>(b[b.size() - 6] ^ 0x55);
    write_file(dir / "i", b);
    return error_of([&] { read_idx(dir / "i", dir / "l"); });
  };
  CHECK(with_images(11).find("expected 12 images") != std::string::npos);
  CHECK(with_images(12).find("cannot be read") != std::string::npos);
}

TEST_CASE("idx: damaged files give an error or data") {
  TempDir dir;
  const IdxPair pair;
  write_file(dir / "l", pair.labels);
  const auto read = [&] { read_idx(dir / "images", dir / "l").validate(); };
  const Sweep plain = damage(dir / "images", pair.images, 1, 0, 1, read);
  CHECK(plain.errors > 300);
  CHECK(plain.valid > 1000);  // flipped pixels
  // The check sum of gzip leaves only its header's unused fields.
  const Sweep zipped = damage(dir / "images", gzip(pair.images), 1, 0, 1, read);
  CHECK(zipped.errors > 1500);
  CHECK(zipped.valid < 150);
  write_file(dir / "i", pair.images);
  damage(dir / "labels", pair.labels, 1, 0, 1,
         [&] { read_idx(dir / "i", dir / "labels").validate(); });
}
