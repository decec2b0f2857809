// Zip archives, for reading: what is in them, stored or deflated.
#pragma once

#include <cstdint>
#include <memory>
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

struct Unpacked {
  std::shared_ptr<const void> owner;  ///< null where `bytes` is a part of the archive
  std::span<const std::byte> bytes;
};

/// Throws Error, beginning with `where`, if the bytes are not those the directory speaks of: their
/// number or their checksum.
Unpacked unpack(const ZipEntry& entry, const std::string& where);

}  // namespace octet
