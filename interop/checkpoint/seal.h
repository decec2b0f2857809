// The user block in front of a checkpoint's HDF5: proof that the rest is what was written.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace octet {

inline constexpr std::size_t seal_bytes = 512;  // the smallest user block HDF5 knows

/// Fills the user block of a closed file from its length and the hash of what is behind the block.
/// Throws Error naming `path`, what the file is to become, if it cannot.
void seal_checkpoint(const std::filesystem::path& file, const std::filesystem::path& path);

/// Throws Error unless `file` is sealed and unchanged.
void check_seal(const std::filesystem::path& file);

}  // namespace octet
