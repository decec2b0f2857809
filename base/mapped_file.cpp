#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace octet {

MappedFile map_file(const std::string& path) {
  const auto check = [&path](bool ok) {
    OCTET_CHECK(ok, "cannot read ", path, ": ", std::strerror(errno));
  };
  // O_NONBLOCK: opening a pipe nobody writes to must not hang; it has no effect on regular files.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  check(fd >= 0);
  const std::shared_ptr<const void> closer(nullptr, [fd](const void*) { ::close(fd); });
  struct stat status {};
  check(::fstat(fd, &status) == 0);
  OCTET_CHECK(S_ISREG(status.st_mode), "cannot read ", path, ": not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  check(address != MAP_FAILED);
  return {{address, [size](void* p) { ::munmap(p, size); }},
          {static_cast<const std::byte*>(address), size}};
}

void release_pages(const MappedFile& file) noexcept {
  // A private mapping that nobody writes to: its pages are the file's.
  auto* address = const_cast<std::byte*>(file.bytes.data());
  if (address) ::madvise(address, file.bytes.size(), MADV_DONTNEED);
}

}  // namespace octet
