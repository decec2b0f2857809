#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.h"

namespace octet {
namespace fs = std::filesystem;
namespace {

void write_all(int fd, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_to_write(path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

fs::path follow_link(fs::path path) {
  std::error_code ignored;
  if (!fs::is_symlink(path, ignored)) return path;
  std::error_code error;
  fs::path target = fs::weakly_canonical(path, error);
  OCTET_CHECK(!error, "cannot write ", path.string(), ": ", error.message());
  return target;
}

/// Of `path` or of what it is made from.
void sync(const fs::path& what, int flags, const fs::path& path) {
  const Descriptor file(::open(what.c_str(), flags | O_CLOEXEC));
  // Some file systems cannot sync a folder and say EINVAL; the rename is still atomic there.
  if (file.get() < 0 || (::fsync(file.get()) != 0 && errno != EINVAL)) fail_to_write(path, errno);
}

/// Creates a file that did not exist and returns its name.
fs::path create_temporary(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  const fs::path folder = path.parent_path();
  for (int attempt = 0; attempt < 1000; ++attempt) {
    std::ostringstream hidden;
    hidden << '.' << path.filename().string() << '.' << ::getpid() << '.' << counter++ << ".tmp";
    const fs::path name = folder / hidden.str();
    const Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() >= 0) return name;
    if (errno != EEXIST) fail_to_write(path, errno);
  }
  fail("cannot write ", path.string(), ": no free temporary name in its folder");
}

}  // namespace

void fail_to_write(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail("cannot write ", path.string(), ": ", std::strerror(error),
       full ? "; what was saved before is whole" : "");
}

AtomicFile::AtomicFile(fs::path path) : path_(follow_link(std::move(path))) {
  OCTET_CHECK(path_.has_filename(), "cannot write '", path_.string(), "': it names no file");
  std::error_code ignored;
  const fs::file_status status = fs::status(path_, ignored);
  OCTET_CHECK(!fs::exists(status) || fs::is_regular_file(status), "cannot write ", path_.string(),
              ": it exists and is not a regular file");
  temporary_ = create_temporary(path_);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  OCTET_DCHECK(!committed_);
  sync(temporary_, O_RDONLY, path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_to_write(path_, errno);
  committed_ = true;
  sync(path_.has_parent_path() ? path_.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY,
       path_);
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, {bytes});
}

void write_file_atomically(const fs::path& path,
                           std::initializer_list<std::span<const std::byte>> parts) {
  AtomicFile file(path);
  {
    const Descriptor out(::open(file.temporary().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (out.get() < 0) fail_to_write(path, errno);
    for (const auto bytes : parts) write_all(out.get(), bytes, path);
  }
  file.commit();
}

void append_to_file(const fs::path& path, std::span<const std::byte> bytes) {
  const Descriptor out(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (out.get() < 0) fail_to_write(path, errno);
  const off_t before = ::lseek(out.get(), 0, SEEK_END);
  try {
    write_all(out.get(), bytes, path);
  } catch (const Error&) {
    if (before < 0 || ::ftruncate(out.get(), before) != 0) fail_to_write(path, errno);
    throw;
  }
}

}  // namespace octet
