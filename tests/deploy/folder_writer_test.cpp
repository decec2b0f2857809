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

/// As the template has it.
std::string readme_of(const std::string& name) {
  return "# net\n\nA network, made from " + name +
         " by `octet deploy`. It computes in single rounding.\n";
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST_CASE("write_folder: whole, replaced only if asked and only if it is ours") {
  const test::TempDir dir;
  const fs::path folder = dir / "out";
  const Files files = {{"README.md", readme_of("old")}, {"golden/in.bin", std::string("\0x", 2)}};
  write_folder(folder, files, false);
  CHECK(text(folder / "README.md") == readme_of("old"));
  CHECK(text(folder / "golden/in.bin") == std::string("\0x", 2));
  CHECK(entries(dir.path()) == 1);

  CHECK_THROWS_WITH_AS(
      write_folder(folder, files, false),
      (folder.string() +
       ": there is something already: choose another --out, or replace it with --overwrite")
          .c_str(),
      Error);
  test::write_file(folder / "stale.txt", {'x'});
  write_folder(folder.string() + "/", {{"README.md", readme_of("new")}}, true);
  CHECK(text(folder / "README.md") == readme_of("new"));
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
  // A README that only speaks of it.
  const std::string speaks =
      "# My project\n\n" + readme_of("x").substr(7, 9) + "with a folder made by `octet deploy`.\n";
  test::write_file(dir / "mine" / "README.md", {speaks.begin(), speaks.end()});
  CHECK_THROWS_AS(write_folder(dir / "mine", {}, true), Error);
  CHECK(text(dir / "mine" / "README.md") == speaks);
  // A file's path goes through another file: nothing stays behind.
  CHECK_THROWS_AS(write_folder(dir / "new", {{"a", "1"}, {"a/b", "2"}}, false), Error);
  CHECK(entries(dir.path()) == 2);
}

TEST_CASE("write_folder: into an empty folder; what the file system refuses is an Error") {
  const test::TempDir dir;
  fs::create_directory(dir / "empty");
  write_folder(dir / "empty", {{"a", "1"}}, false);
  CHECK(text(dir / "empty" / "a") == "1");
  const fs::path too_long = dir / std::string(300, 'x');
  CHECK_THROWS_WITH_AS(check_folder(too_long, false), doctest::Contains("cannot write "), Error);
}

}  // namespace
}  // namespace octet::deploy
