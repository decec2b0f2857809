// What several test files share: optional data, temporary folders, seeded random numbers.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace octet::test {

/// Folder that was looked for: $OCTET_SHARED, else ../shared beside the source tree.
inline std::filesystem::path shared_dir_tried() {
  if (const char* env = std::getenv("OCTET_SHARED")) return env;
  return std::filesystem::path(OCTET_SOURCE_DIR) / ".." / "shared";
}

/// The optional shared data. Tests that need it belong to the doctest suite "shared", which ctest
/// runs on its own and reports as skipped where the data is missing.
inline std::optional<std::filesystem::path> shared_dir() {
  std::filesystem::path p = shared_dir_tried();
  if (std::filesystem::is_directory(p / "golden")) return p;
  return std::nullopt;
}

/// The source tree, for configs and the embedded data set.
inline std::filesystem::path source_dir() {
  return OCTET_SOURCE_DIR;
}

/// A folder that goes away with the object.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "octet-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::vector<char> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
inline void write_file(const std::filesystem::path& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Seeded by OCTET_SEED if set (to widen a search or repeat a failure), else by `seed`.
inline std::mt19937_64 rng(std::uint64_t seed) {
  if (const char* env = std::getenv("OCTET_SEED")) seed += std::strtoull(env, nullptr, 10);
  return std::mt19937_64(seed);
}

}  // namespace octet::test
