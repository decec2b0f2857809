#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/error.h"
#include "interop/c99/c_source.h"

namespace octet::c99 {
namespace fs = std::filesystem;
namespace {

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
  ::close(fd);
  if (error != 0) fail_to_write(path, error);
}

}  // namespace

void write_c_folder(const CFiles& files, const fs::path& folder) {
  AtomicFolder out(folder);
  for (const CFile& file : files) {
    const fs::path to = out.temporary() / file.path;
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (error) fail("cannot write ", folder.string(), ": ", error.message());
    write_file(file, to);
  }
  out.commit();
}

}  // namespace octet::c99
