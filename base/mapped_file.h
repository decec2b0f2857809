// A whole file mapped into memory, read-only.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace octet {

struct MappedFile {
  std::shared_ptr<const void> owner;  ///< unmaps when the last copy goes
  std::span<const std::byte> bytes;   ///< page-aligned; empty for an empty file
};

/// Throws Error, naming the path, if `path` is not a regular file that can be read.
/// Replacing the file by renaming another over it leaves the mapping as it is; truncating or
/// overwriting it in place while it is mapped does not (as with any mapped file).
MappedFile map_file(const std::string& path);

/// Gives the pages that were read back to the system; using them again reads them again.
void release_pages(const MappedFile& file) noexcept;

}  // namespace octet
