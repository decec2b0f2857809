// A folder that appears whole or not at all. Standard library and POSIX only.
#pragma once

#include <filesystem>

namespace octet {

/// "out/x" of "out/x/".
std::filesystem::path without_slash(const std::filesystem::path& folder);

/// Makes a folder in one step: write files into temporary(), then commit(). Errors name the path.
class AtomicFolder {
 public:
  /// Creates an empty temporary folder beside `path`. Throws Error if that cannot be done, or if
  /// `path` exists and is not an empty folder; with `replace` it may be any folder.
  explicit AtomicFolder(std::filesystem::path path, bool replace = false);
  /// Removes the temporary folder and what is in it unless commit() succeeded.
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Where to write.
  const std::filesystem::path& temporary() const noexcept { return temporary_; }

  /// Syncs the files to the disk and renames the folder to the path. Call once, with files closed.
  /// What is replaced is moved aside before and deleted after: a crash in between leaves it beside
  /// `path`, as ".NAME....old".
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  bool replace_, committed_ = false;
};

}  // namespace octet
