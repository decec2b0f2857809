#include "interop/checkpoint/seal.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fnv1a.h"

namespace octet {
namespace {

constexpr std::string_view magic = "octet checkpoint\n";
constexpr int format_version = 1;

using Block = std::array<char, seal_bytes>;

Block make_block(std::uintmax_t bytes, std::uint64_t hash) {
  const std::string text = std::string(magic) + "version " + std::to_string(format_version) +
                           "\nbytes " + std::to_string(bytes) + "\nfnv1a " + hash_text(hash) + "\n";
  Block block{};
  std::copy(text.begin(), text.end(), block.begin());
  return block;
}

/// Of everything behind the block. Leaves the stream there.
std::uint64_t hash_rest(std::istream& in, const std::string& name) {
  Fnv1a hash;
  std::vector<char> buffer(1 << 20);
  in.seekg(seal_bytes);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    hash.add(std::as_bytes(std::span(buffer.data(), static_cast<std::size_t>(in.gcount()))));
  }
  OCTET_CHECK(in.eof(), name, ": cannot be read");
  return hash.value();
}

/// The number behind "\n<key> ", or -1.
long long field(std::string_view text, const std::string& key) {
  const std::string start = "\n" + key + " ";
  const auto at = text.find(start);
  long long value = 0;
  std::size_t i = at == text.npos ? text.size() : at + start.size();
  if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9' && value < (1LL << 55); ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

void seal_checkpoint(const std::filesystem::path& file, const std::filesystem::path& path) {
  std::fstream io(file, std::ios::in | std::ios::out | std::ios::binary);
  if (!io.is_open()) fail_to_write(path, errno);
  const Block block = make_block(std::filesystem::file_size(file), hash_rest(io, path.string()));
  io.clear();
  io.seekp(0);
  io.write(block.data(), block.size());
  io.close();
  if (io.fail()) fail_to_write(path, errno);
}

void check_seal(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  OCTET_CHECK(std::filesystem::exists(status), name, ": no such file");
  OCTET_CHECK(std::filesystem::is_regular_file(status), name, ": not a regular file");
  // One handle for size and contents: the file may be replaced at any time.
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const auto bytes = static_cast<long long>(in.tellg());
  OCTET_CHECK(in.is_open() && bytes >= 0, name, ": cannot be read");
  OCTET_CHECK(bytes > 0, name, ": not a checkpoint: the file is empty");
  in.seekg(0);
  Block block{};
  in.read(block.data(), block.size());
  const std::string_view text(block.data(), static_cast<std::size_t>(in.gcount()));
  OCTET_CHECK(text.starts_with(magic), name, ": not a checkpoint: expected it to begin with '",
              magic.substr(0, magic.size() - 1), "' (weights of other programs: init.import)");
  OCTET_CHECK(text.size() == block.size(), name, ": damaged: expected more than ", seal_bytes,
              " bytes, got ", bytes);
  const long long version = field(text, "version");
  OCTET_CHECK(version == format_version, name, ": expected checkpoint version ", format_version,
              ", got ", version);
  const long long expected = field(text, "bytes");
  OCTET_CHECK(expected == bytes, name, ": damaged: expected ", expected, " bytes, got ", bytes);
  in.clear();
  OCTET_CHECK(make_block(static_cast<std::uintmax_t>(bytes), hash_rest(in, name)) == block, name,
              ": damaged: its contents do not match their hash");
}

}  // namespace octet
