#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "interop/c99/c_source.h"

namespace octet::c99 {
namespace fs = std::filesystem;
namespace {

/// A folder beside the one that is to be, removed unless it became that.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path, const char* what) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
      name_ = path;
      name_ += text_of('.', static_cast<int>(::getpid()), '.', attempt, '.', what);
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

/// Throws unless the folder holds nothing but what an export and its Makefiles write.
void expect_an_export(const CFiles& files, const fs::path& folder) {
  OCTET_CHECK(fs::is_directory(folder), "cannot write ", folder.string(),
              ": it exists and is not a folder");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name == "build" || std::any_of(files.begin(), files.end(), [&](auto& file) {
                        return *fs::path(file.path).begin() == name;
                      });
    OCTET_CHECK(ours, "cannot write ", folder.string(), ": it holds '", one_line(name),
                "', which is not of an export");
  }
}

}  // namespace

void write_c_folder(const CFiles& files, const fs::path& folder) {
  const fs::path path = folder.has_filename() ? folder : folder.parent_path();
  OCTET_CHECK(path.has_filename(), "cannot write '", folder.string(), "': it names no folder");
  std::error_code error;
  const bool exists = fs::exists(path, error);
  if (exists) expect_an_export(files, path);
  const NewFolder made(path, "tmp");
  const fs::path whole = made.name() / "whole";
  for (const CFile& file : files) {
    const fs::path to = whole / file.path;
    fs::create_directories(to.parent_path(), error);
    if (error) fail("cannot write ", path.string(), ": ", error.message());
    write_file(file, to);
  }
  if (exists) fs::rename(path, made.name() / "before", error);
  if (!error) fs::rename(whole, path, error);
  if (error) {
    std::error_code ignored;
    if (exists) fs::rename(made.name() / "before", path, ignored);
    fail("cannot write ", path.string(), ": ", error.message());
  }
}

}  // namespace octet::c99
