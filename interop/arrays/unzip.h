// The bytes of what is in a zip archive, by zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "interop/zip/zip.h"

namespace octet {

struct Unpacked {
  std::shared_ptr<const void> owner;  ///< null where `bytes` is a part of the archive
  std::span<const std::byte> bytes;
};

/// Throws Error, beginning with `where`, if the bytes are not those the directory speaks of: their
/// number or their checksum.
Unpacked unpack(const ZipEntry& entry, const std::string& where);

}  // namespace octet
