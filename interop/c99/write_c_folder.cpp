#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "interop/c99/c_source.h"

namespace octet::c99 {
namespace fs = std::filesystem;
namespace {

/// A folder beside the one that is to be, removed with what is left in it.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
      name_ = path;
      name_ += text_of('.', static_cast<int>(::getpid()), '.', attempt, ".tmp");
      std::error_code error;
      if (fs::create_directory(name_, error)) return;
      if (error) fail("cannot write ", path.string(), ": ", error.message());
    }
    fail("cannot write ", path.string(), ": no free temporary name beside it");
  }
  ~NewFolder() {
    std::error_code ignored;
    fs::remove_all(name_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  const fs::path& name() const { return name_; }

 private:
  fs::path name_;
};

void write_file(const CFile& file, const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail_to_write(path, errno);
  int error = 0;
  for_text(file, [&](std::string_view text) {
    while (!text.empty() && error == 0) {
      const ssize_t n = ::write(fd, text.data(), text.size());
      if (n >= 0) {
        text.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno != EINTR) {
        error = errno;
      }
    }
  });
  if (::fsync(fd) != 0 && error == 0) error = errno;
  ::close(fd);
  if (error != 0) fail_to_write(path, error);
}

}  // namespace

void write_c_folder(const CFiles& files, const fs::path& folder) {
  const fs::path path = folder.has_filename() ? folder : folder.parent_path();
  OCTET_CHECK(path.has_filename(), "cannot write '", folder.string(), "': it names no folder");
  std::error_code error;
  OCTET_CHECK(!fs::exists(path, error) || fs::is_empty(path, error), "cannot write ", path.string(),
              ": it exists and is not an empty folder");
  const NewFolder made(path);
  const fs::path whole = made.name() / "whole";
  for (const CFile& file : files) {
    const fs::path to = whole / file.path;
    fs::create_directories(to.parent_path(), error);
    if (error) fail("cannot write ", path.string(), ": ", error.message());
    write_file(file, to);
  }
  fs::rename(whole, path, error);
  if (error) fail("cannot write ", path.string(), ": ", error.message());
}

}  // namespace octet::c99
