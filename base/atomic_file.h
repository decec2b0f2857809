// A file that appears whole or not at all. Standard library and POSIX only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <span>

namespace octet {

/// Replaces a file in one step: write to temporary(), then commit(). A reader of `path` sees the
/// old file or the new one, never a part, whatever happens in between; a crash can leave the
/// temporary file behind, nothing else. Errors name the path.
class AtomicFile {
 public:
  /// Creates an empty temporary file in the folder of `path` (same file system, so that the rename
  /// is atomic), with the permissions a new file gets. A symbolic link at `path` is followed, so
  /// the link stays. Throws Error if the folder cannot be written or if `path` exists and is not a
  /// regular file.
  explicit AtomicFile(std::filesystem::path path);
  /// Removes the temporary file unless commit() succeeded.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write. Whoever writes must have closed the file before commit().
  const std::filesystem::path& temporary() const noexcept { return temporary_; }

  /// Syncs the temporary file to the disk, renames it to the path and syncs the folder. Call once.
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  bool committed_ = false;
};

/// Writes `bytes` as the whole content of `path` through an AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
/// The same of parts, one behind the other.
void write_file_atomically(const std::filesystem::path& path,
                           std::initializer_list<std::span<const std::byte>> parts);

/// Adds `bytes` to the end of `path`, which need not be there: all of them, or Error and the file
/// as it was. (A crash can leave a part.)
void append_to_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Throws Error "cannot write <path>: <what errno means>", for a full disk (or quota, or limit of a
/// file's size) also that what was saved before is whole: of whoever writes beside or behind what
/// is there, as above.
[[noreturn]] void fail_to_write(const std::filesystem::path& path, int error);

}  // namespace octet
