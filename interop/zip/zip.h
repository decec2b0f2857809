// Zip archives: what is in them, and new ones. Standard library only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace octet {

bool looks_like_zip(std::span<const std::byte> file) noexcept;

struct ZipEntry {
  std::string name;
  std::uint64_t size = 0;  ///< unpacked
  bool deflated = false;   ///< else stored
  std::uint32_t crc = 0;
  std::span<const std::byte> packed;  ///< in the archive
};

/// The archive's directory. Throws Error, beginning with `path`, naming entry, expected and got, if
/// the directory or an entry does not lie inside the file, entries overlap, two have one name,
/// their two headers disagree, one is encrypted or packed otherwise, or says that it is more than
/// deflate can make of its bytes. Archives of several files are refused.
std::vector<ZipEntry> read_zip_directory(std::span<const std::byte> file, const std::string& path);

/// A file to store.
struct ZipFile {
  std::string name;
  std::span<const std::byte> bytes;
};

/// An archive of stored files, to be written behind `before` bytes that are no part of it but of
/// the same file: offsets count from there. No times, so the same files give the same bytes. Below
/// 4 GB and 65,536 files.
std::vector<std::byte> make_zip(std::span<const ZipFile> files, std::uint64_t before);

/// The checksum of zip archives: CRC-32 with the polynomial 0xedb88320.
std::uint32_t crc32_of(std::span<const std::byte> bytes) noexcept;

}  // namespace octet
