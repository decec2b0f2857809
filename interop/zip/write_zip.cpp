// By PKWARE's APPNOTE 6.3: sections 4.3.7, 4.3.12 and 4.3.16.
#include "interop/zip/zip.h"

#include <string_view>

namespace octet {
namespace {

/// The first day of the format's calendar, at midnight.
constexpr std::uint32_t no_time = 0x00210000;
constexpr std::uint16_t version_needed = 10;

class Output {
 public:
  void u16(std::uint64_t v) { number(v, 2); }
  void u32(std::uint64_t v) { number(v, 4); }
  void text(std::string_view s) { append(std::as_bytes(std::span(s))); }
  void append(std::span<const std::byte> b) { bytes.insert(bytes.end(), b.begin(), b.end()); }

  std::vector<std::byte> bytes;

 private:
  void number(std::uint64_t v, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(v >> (8 * i)));
  }
};

/// What the local header and the directory have in common.
void write_facts(Output& out, const ZipFile& file) {
  out.u16(version_needed);
  out.u16(0);  // flags
  out.u16(0);  // stored
  out.u32(no_time);
  out.u32(crc32_of(file.bytes));
  out.u32(file.bytes.size());
  out.u32(file.bytes.size());
  out.u16(file.name.size());
  out.u16(0);  // no extra field
}

}  // namespace

std::vector<std::byte> make_zip(std::span<const ZipFile> files, std::uint64_t before) {
  Output out;
  std::vector<std::uint64_t> offsets;
  for (const ZipFile& file : files) {
    offsets.push_back(before + out.bytes.size());
    out.u32(0x04034b50);
    write_facts(out, file);
    out.text(file.name);
    out.append(file.bytes);
  }
  const std::uint64_t directory = out.bytes.size();
  for (std::size_t i = 0; i < files.size(); ++i) {
    out.u32(0x02014b50);
    out.u16(version_needed);
    write_facts(out, files[i]);
    out.u16(0);  // no comment
    out.u16(0);  // first disk
    out.u16(0);  // internal and external attributes
    out.u32(0);
    out.u32(offsets[i]);
    out.text(files[i].name);
  }
  const std::uint64_t directory_bytes = out.bytes.size() - directory;
  out.u32(0x06054b50);
  out.u16(0);
  out.u16(0);
  out.u16(files.size());
  out.u16(files.size());
  out.u32(directory_bytes);
  out.u32(before + directory);
  out.u16(0);
  return std::move(out.bytes);
}

std::uint32_t crc32_of(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

}  // namespace octet
