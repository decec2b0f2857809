// Reading files whole, with errors that name them. For the readers of this folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace octet::data_detail {

/// Deflate cannot expand more than this; a header that claims more per stored byte is lying.
inline constexpr std::int64_t max_deflate_ratio = 1032;

/// Size of a regular file. Throws Error if there is none at `path`.
std::int64_t size_of_file(const std::filesystem::path& path);

/// All bytes. Throws Error if the file cannot be read or is larger than `limit`.
std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path, std::int64_t limit);

/// Names in a folder, sorted bytewise, hidden ones (".x") left out. Throws Error if it is not one.
std::vector<std::string> list_folder(const std::filesystem::path& folder);

}  // namespace octet::data_detail
