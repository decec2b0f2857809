#include "base/atomic_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"

namespace octet {
namespace fs = std::filesystem;
namespace {

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void sync(const fs::path& what, const fs::path& path) {
  const int file = ::open(what.c_str(), O_RDONLY | O_CLOEXEC);
  // Some file systems cannot sync a folder and say EINVAL.
  const bool synced = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!synced) fail_to_write(path, error);
}

}  // namespace

fs::path without_slash(const fs::path& folder) {
  const fs::path normal = folder.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

AtomicFolder::AtomicFolder(fs::path path, bool replace)
    : path_(without_slash(path)), replace_(replace) {
  static std::atomic<unsigned> counter{0};
  OCTET_CHECK(path_.has_filename() && path_.filename() != "." && path_.filename() != "..",
              "cannot write '", path.string(), "': it names no folder");
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  OCTET_CHECK(
      !fs::exists(status) || (fs::is_directory(status) && (replace_ || fs::is_empty(path_, error))),
      "cannot write ", path_.string(), ": it exists and is not an empty folder");
  temporary_ =
      parent_of(path_) / ("." + path_.filename().string() + "." + std::to_string(::getpid()) + "." +
                          std::to_string(counter++) + ".tmp");
  if (::mkdir(temporary_.c_str(), 0777) != 0) fail_to_write(path_, errno);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  OCTET_DCHECK(!committed_);
  for (const fs::directory_entry& e : fs::recursive_directory_iterator(temporary_))
    sync(e.path(), path_);
  const fs::path old = fs::path(temporary_).replace_extension(".old");
  const bool moved = replace_ && ::rename(path_.c_str(), old.c_str()) == 0;
  // An empty folder is replaced.
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    if (moved) ::rename(old.c_str(), path_.c_str());
    fail_to_write(path_, reason);
  }
  std::error_code ignored;
  if (moved) fs::remove_all(old, ignored);
  committed_ = true;
  sync(parent_of(path_), path_);
}

}  // namespace octet
