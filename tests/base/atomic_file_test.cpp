#include "base/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <string>

#include "base/error.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
using octet::AtomicFile;
using octet::test::TempDir;

std::string text(const fs::path& path) {
  const std::vector<char> bytes = octet::test::read_file(path);
  return {bytes.begin(), bytes.end()};
}
void put(const fs::path& path, const std::string& s) {
  octet::test::write_file(path, {s.begin(), s.end()});
}
std::span<const std::byte> bytes_of(const std::string& s) {
  return std::as_bytes(std::span(s));
}
std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST_SUITE("atomic_file") {
  TEST_CASE("the old file stays until commit, then the new one is whole") {
    const TempDir dir;
    put(dir / "a", "old");
    {
      AtomicFile file(dir / "a");
      CHECK(file.temporary().parent_path() == dir.path());
      put(file.temporary(), "new");
      CHECK(text(dir / "a") == "old");
      file.commit();
    }
    CHECK(text(dir / "a") == "new");
    CHECK(entries(dir.path()) == 1);
  }

  TEST_CASE("without commit nothing is left behind") {
    const TempDir dir;
    {
      AtomicFile file(dir / "a");
      put(file.temporary(), "new");
      CHECK(entries(dir.path()) == 1);
    }
    CHECK(entries(dir.path()) == 0);
  }

  TEST_CASE("two writers of one path do not share a temporary file") {
    const TempDir dir;
    AtomicFile one(dir / "a"), two(dir / "a");
    CHECK(one.temporary() != two.temporary());
  }

  TEST_CASE("a relative path without a folder") {
    const TempDir dir;
    const fs::path before = fs::current_path();
    fs::current_path(dir.path());
    octet::write_file_atomically("plain", bytes_of("x"));
    fs::current_path(before);
    CHECK(text(dir / "plain") == "x");
  }

  TEST_CASE("a new file gets the usual permissions") {
    const TempDir dir;
    const mode_t mask = ::umask(022);
    octet::write_file_atomically(dir / "a", bytes_of("x"));
    ::umask(mask);
    struct stat s {};
    REQUIRE(::stat((dir / "a").c_str(), &s) == 0);
    CHECK((s.st_mode & 0777) == 0644);
  }

  TEST_CASE("a symbolic link is followed and stays") {
    const TempDir dir;
    put(dir / "real", "old");
    fs::create_symlink("real", dir / "link");
    octet::write_file_atomically(dir / "link", bytes_of("new"));
    CHECK(fs::is_symlink(dir / "link"));
    CHECK(text(dir / "real") == "new");
  }

  TEST_CASE("appending") {
    const TempDir dir;
    octet::append_to_file(dir / "a", bytes_of("one\n"));
    octet::append_to_file(dir / "a", {});
    octet::append_to_file(dir / "a", bytes_of("two\n"));
    CHECK(text(dir / "a") == "one\ntwo\n");
  }

  TEST_CASE("a file beyond its limit: what was there is whole, and said so") {
    const TempDir dir;
    put(dir / "a", "old");
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const std::string much(10000, 'x');
    for (const auto write : {octet::write_file_atomically, octet::append_to_file}) {
      CHECK_THROWS_WITH_AS(write(dir / "a", bytes_of(much)),
                           ("cannot write " + (dir / "a").string() +
                            ": File too large; what was saved before is whole")
                               .c_str(),
                           octet::Error);
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(text(dir / "a") == "old");
    CHECK(entries(dir.path()) == 1);
  }

  TEST_CASE("errors name the path") {
    const TempDir dir;
    const std::string missing = (dir / "no" / "x").string();
    CHECK_THROWS_WITH_AS(octet::write_file_atomically(missing, {}),
                         ("cannot write " + missing + ": No such file or directory").c_str(),
                         octet::Error);
    CHECK_THROWS_WITH_AS(
        octet::write_file_atomically(dir.path(), {}),
        ("cannot write " + dir.path().string() + ": it exists and is not a regular file").c_str(),
        octet::Error);
    CHECK_THROWS_AS(octet::write_file_atomically("/dev/null", bytes_of("x")), octet::Error);
    CHECK_THROWS_AS(AtomicFile(""), octet::Error);
  }
}

}  // namespace
