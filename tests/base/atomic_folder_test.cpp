#include "base/atomic_folder.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("atomic folder: there after commit, absent before and without") {
  const test::TempDir dir;
  {
    AtomicFolder folder(dir / "out" / "");
    test::write_file(folder.temporary() / "a", {'x'});
    CHECK_FALSE(fs::exists(dir / "out"));
    folder.commit();
  }
  CHECK(test::read_file(dir / "out" / "a") == std::vector<char>{'x'});
  {
    AtomicFolder folder(dir / "never");
    test::write_file(folder.temporary() / "a", {'x'});
  }
  CHECK(entries(dir / "") == 1);
}

TEST_CASE("atomic folder: an empty folder is replaced, everything else stays") {
  const test::TempDir dir;
  fs::create_directory(dir / "empty");
  AtomicFolder(dir / "empty").commit();
  test::write_file(dir / "empty" / "a", {'x'});
  CHECK_THROWS_WITH_AS(AtomicFolder(dir / "empty"), doctest::Contains("is not an empty folder"),
                       Error);
  CHECK_THROWS_AS(AtomicFolder(dir / "empty" / "a"), Error);
  CHECK_THROWS_AS(AtomicFolder(dir / "missing" / "x"), Error);
  CHECK_THROWS_AS(AtomicFolder("."), Error);
}

}  // namespace octet
