#include "data/file.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "base/error.h"

namespace octet::data_detail {

namespace fs = std::filesystem;

std::int64_t size_of_file(const fs::path& path) {
  std::error_code error;
  OCTET_CHECK(fs::is_regular_file(path, error), path.string(), ": expected a file, got ",
              fs::is_directory(path, error) ? "a folder"
              : fs::exists(path, error)     ? "something else"
                                            : "nothing there");
  const std::uintmax_t size = fs::file_size(path, error);
  OCTET_CHECK(!error, path.string(), ": size: ", error.message());
  return static_cast<std::int64_t>(size);
}

std::vector<std::uint8_t> read_bytes(const fs::path& path, std::int64_t limit) {
  const std::int64_t size = size_of_file(path);
  OCTET_CHECK(size <= limit, path.string(), ": size: expected at most ", limit, " bytes, got ",
              size);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  OCTET_CHECK(in.good(), path.string(), ": cannot be read: expected ", size, " bytes, got ",
              in.gcount());
  return bytes;
}

std::vector<std::string> list_folder(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  OCTET_CHECK(!error, folder.string(), ": expected a folder: ", error.message());
  std::vector<std::string> names;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (name[0] != '.') names.push_back(std::move(name));
  }
  OCTET_CHECK(!error, folder.string(), ": cannot be listed: ", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace octet::data_detail
