#include "deploy/folder/folder_writer.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "tests/support.h"

namespace octet::deploy {
namespace {

namespace fs = std::filesystem;

std::string text(const fs::path& file) {
  const std::vector<char> bytes = test::read_file(file);
  return {bytes.begin(), bytes.end()};
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("write_folder: whole, replaced only if asked and only if it is ours") {
  const test::TempDir dir;
  const fs::path folder = dir / "out";
  const Files files = {{"README.md", "by `octet deploy`"},
                       {"golden/in.bin", std::string("\0x", 2)}};
  write_folder(folder, files, false);
  CHECK(text(folder / "README.md") == "by `octet deploy`");
  CHECK(text(folder / "golden/in.bin") == std::string("\0x", 2));
  CHECK(entries(dir.path()) == 1);

  CHECK_THROWS_WITH_AS(
      write_folder(folder, files, false),
      (folder.string() +
       ": there is something already: choose another --out, or replace it with --overwrite")
          .c_str(),
      Error);
  test::write_file(folder / "stale.txt", {'x'});
  write_folder(folder.string() + "/", {{"README.md", "new `octet deploy`"}}, true);
  CHECK(text(folder / "README.md") == "new `octet deploy`");
  CHECK_FALSE(fs::exists(folder / "stale.txt"));
  CHECK(entries(dir.path()) == 1);
}

TEST_CASE("write_folder: another's folder, a file, and a name that is a folder's are left alone") {
  const test::TempDir dir;
  fs::create_directory(dir / "mine");
  test::write_file(dir / "mine" / "README.md", {'x'});
  CHECK_THROWS_AS(write_folder(dir / "mine", {}, true), Error);
  CHECK(text(dir / "mine" / "README.md") == "x");
  test::write_file(dir / "file", {'y'});
  CHECK_THROWS_AS(write_folder(dir / "file", {}, true), Error);
  CHECK(text(dir / "file") == "y");
  // A file's path goes through another file: nothing stays behind.
  CHECK_THROWS_AS(write_folder(dir / "new", {{"a", "1"}, {"a/b", "2"}}, false), Error);
  CHECK(entries(dir.path()) == 2);
}

}  // namespace
}  // namespace octet::deploy
