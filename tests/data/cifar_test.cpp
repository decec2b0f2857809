#include <doctest/doctest.h>

#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

constexpr std::size_t record = 3073;

/// Records of `d` ([N, 32, 32, 3]): label, then red, green and blue planes.
Bytes cifar_bytes(const Dataset& d) {
  Bytes out;
  for (std::int64_t i = 0; i < d.size(); ++i) {
    out.push_back(static_cast<char>(d.labels.data<std::int32_t>()[i]));
    for (int c = 0; c < 3; ++c) {
      for (int p = 0; p < 1024; ++p) {
        out.push_back(static_cast<char>(d.images.data<std::uint8_t>()[(i * 1024 + p) * 3 + c]));
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("cifar10: records of several files in order, planes interleaved") {
  TempDir dir;
  const Dataset d = random_dataset(13, 32, 32, 3, 10, 3);
  const Bytes all = cifar_bytes(d);
  write_file(dir / "1.bin", Bytes(all.begin(), all.begin() + 5 * record));
  write_file(dir / "2.bin", Bytes(all.begin() + 5 * record, all.end()));
  const Dataset got = read_cifar10({dir / "1.bin", dir / "2.bin"});
  CHECK(same_contents(got, d));
  CHECK(got.classes == 10);
  CHECK(got.class_names[9] == "truck");
}

TEST_CASE("cifar10: sizes and labels are checked") {
  TempDir dir;
  Bytes b = cifar_bytes(random_dataset(2, 32, 32, 3, 2, 4));
  b[record] = 10;
  write_file(dir / "bad.bin", b);
  CHECK(error_of([&] {
          read_cifar10({dir / "bad.bin"});
        }).find("bad.bin: CIFAR-10: label of record 1: expected 0 to 9, got 10") !=
        std::string::npos);
  b.pop_back();
  write_file(dir / "bad.bin", b);
  CHECK(error_of([&] {
          read_cifar10({dir / "bad.bin"});
        }).find("multiple of 3073 bytes, got 6145") != std::string::npos);
  write_file(dir / "bad.bin", {});
  CHECK(error_of([&] { read_cifar10({dir / "bad.bin"}); }).find("got 0") != std::string::npos);
  CHECK_THROWS_AS(read_cifar10({}), Error);
  CHECK_THROWS_AS(read_cifar10({dir / "none.bin"}), Error);
}

TEST_CASE("cifar10: damaged files give an error or data") {
  TempDir dir;
  const Bytes b = cifar_bytes(random_dataset(2, 32, 32, 3, 10, 5));
  // Cut after the first record it is a valid file.
  const Sweep sweep =
      damage(dir / "x.bin", b, 100, 20, 3073, [&] { read_cifar10({dir / "x.bin"}).validate(); });
  CHECK(sweep.errors > 600);
  CHECK(sweep.valid > 4000);
}
