// Zip, by PKWARE's APPNOTE 6.3: sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
// to 4.3.16 (its end, also of Zip64), 4.5.3 (Zip64's lengths).
#include "interop/zip/zip.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"

namespace octet {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50,
                        end_signature = 0x06054b50, end64_signature = 0x06064b50,
                        locator64_signature = 0x07064b50;
constexpr std::size_t local_bytes = 30, central_bytes = 46, end_bytes = 22, end64_bytes = 56,
                      locator64_bytes = 20;
constexpr std::uint32_t in_zip64 = 0xffffffff;

/// Numbers of a part of the file, little-endian.
class Fields {
 public:
  /// Throws Error, beginning with `where`, unless `size` bytes from `at` lie inside `file`.
  Fields(std::span<const std::byte> file, std::uint64_t at, std::uint64_t size,
         const std::string& where) {
    OCTET_CHECK(at <= file.size() && size <= file.size() - at, where, ": expected ", size,
                " bytes from byte ", at, ", the file has ", file.size());
    bytes_ = file.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
  }
  std::uint16_t u16(std::size_t at) const { return number<std::uint16_t>(at); }
  std::uint32_t u32(std::size_t at) const { return number<std::uint32_t>(at); }
  std::uint64_t u64(std::size_t at) const { return number<std::uint64_t>(at); }
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  template <class T>
  T number(std::size_t at) const {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  std::span<const std::byte> bytes_;
};

struct Directory {
  std::uint64_t entries, bytes, begin;
};

/// The end of the directory: the last 22 bytes and a comment of the length they say.
std::uint64_t find_end(std::span<const std::byte> file, const std::string& path) {
  constexpr std::size_t most_comment = 0xffff;
  const std::size_t size = file.size();
  for (std::size_t comment = 0; comment <= most_comment && end_bytes + comment <= size; ++comment) {
    const Fields end(file, size - end_bytes - comment, end_bytes, path);
    if (end.u32(0) == end_signature && end.u16(20) == comment) return size - end_bytes - comment;
  }
  fail(path, ": the end of the zip archive's directory is missing (is the file cut?)");
}

Directory find_directory(std::span<const std::byte> file, const std::string& path) {
  const std::uint64_t at = find_end(file, path);
  const Fields end(file, at, end_bytes, path);
  Directory d{end.u16(10), end.u32(12), end.u32(16)};
  std::uint64_t limit = at;
  OCTET_CHECK(end.u16(4) == 0 || end.u16(4) == 0xffff, path, ": a part of a divided zip archive");
  const bool large = d.entries == 0xffff || d.bytes == in_zip64 || d.begin == in_zip64;
  if (large && at >= locator64_bytes) {
    const Fields locator(file, at - locator64_bytes, locator64_bytes, path);
    if (locator.u32(0) == locator64_signature) {
      const std::uint64_t at64 = locator.u64(8);
      const Fields end64(file, at64, end64_bytes, path + ": end of the directory (Zip64)");
      OCTET_CHECK(end64.u32(0) == end64_signature, path,
                  ": the end of the directory (Zip64) is not where it is said to be");
      d = {end64.u64(32), end64.u64(40), end64.u64(48)};
      limit = at64;
    }
  }
  OCTET_CHECK(d.begin <= limit && d.bytes <= limit - d.begin, path, ": directory: expected ",
              d.bytes, " bytes from byte ", d.begin, ", it ends at byte ", limit);
  OCTET_CHECK(d.entries <= d.bytes / central_bytes, path, ": directory: expected ", d.entries,
              " entries, got ", d.bytes, " bytes");
  return d;
}

/// Lengths beyond 32 bits, from the extra field 1: those that the entry itself leaves out, in this
/// order.
void read_zip64(const Fields& extra, std::uint64_t* const (&values)[3], const std::string& where) {
  for (std::size_t at = 0; at + 4 <= extra.bytes().size();) {
    const std::size_t size = extra.u16(at + 2), next = at + 4 + size;
    OCTET_CHECK(next <= extra.bytes().size(), where, ": an extra field is longer than all of them");
    if (extra.u16(at) == 1) {
      std::size_t field = at + 4;
      for (std::uint64_t* value : values) {
        if (*value != in_zip64) continue;
        OCTET_CHECK(field + 8 <= next, where, ": a length of Zip64 is missing");
        *value = extra.u64(field);
        field += 8;
      }
      return;
    }
    at = next;
  }
}

/// The packed bytes: behind the local header, which must say what the directory says.
std::span<const std::byte> locate(std::span<const std::byte> file, const ZipEntry& e, int method,
                                  std::uint64_t at, std::uint64_t packed,
                                  const std::string& where) {
  const Fields local(file, at, local_bytes, where);
  OCTET_CHECK(local.u32(0) == local_signature, where, ": nothing of it at byte ", at);
  const std::size_t name_bytes = local.u16(26);
  const Fields name(file, at + local_bytes, name_bytes, where);
  OCTET_CHECK(name.text() == e.name && local.u16(8) == method, where,
              ": its two headers disagree on its name or packing");
  const std::uint64_t begin = at + local_bytes + name_bytes + local.u16(28);
  return Fields(file, begin, packed, where).bytes();
}

void check_apart(std::vector<ZipEntry> entries, const std::string& path) {
  const auto begin = [](const ZipEntry& e) { return e.packed.data(); };
  std::sort(entries.begin(), entries.end(),
            [&](const ZipEntry& a, const ZipEntry& b) { return begin(a) < begin(b); });
  for (std::size_t i = 1; i < entries.size(); ++i) {
    OCTET_CHECK(begin(entries[i - 1]) + entries[i - 1].packed.size() <= begin(entries[i]), path,
                ": ", one_line(entries[i - 1].name), " and ", one_line(entries[i].name),
                " overlap");
  }
}

}  // namespace

bool looks_like_zip(std::span<const std::byte> file) noexcept {
  if (file.size() < 4) return false;
  std::uint32_t signature = 0;
  std::memcpy(&signature, file.data(), 4);
  return signature == local_signature || signature == end_signature;
}

std::vector<ZipEntry> read_zip_directory(std::span<const std::byte> file, const std::string& path) {
  const Directory d = find_directory(file, path);
  std::vector<ZipEntry> entries;
  std::set<std::string> names;
  std::uint64_t at = d.begin;
  for (std::uint64_t i = 0; i < d.entries; ++i) {
    std::string where = path + ": directory entry " + std::to_string(i);
    const std::span<const std::byte> directory = file.first(d.begin + d.bytes);
    const Fields f(directory, at, central_bytes, where);
    OCTET_CHECK(f.u32(0) == central_signature, where, ": nothing of it at byte ", at);
    const std::size_t name_bytes = f.u16(28), extra_bytes = f.u16(30), comment_bytes = f.u16(32);
    ZipEntry e;
    e.name = Fields(directory, at + central_bytes, name_bytes, where).text();
    where = path + ": " + one_line(e.name);
    OCTET_CHECK(names.insert(e.name).second, where, " is there twice");
    const int method = f.u16(10);
    OCTET_CHECK((f.u16(8) & 1) == 0, where, ": encrypted");
    OCTET_CHECK(method == 0 || method == 8, where,
                ": expected it to be stored (0) or deflated (8), got packing ", method);
    e.deflated = method == 8;
    e.crc = f.u32(16);
    std::uint64_t packed = f.u32(20), begin = f.u32(42);
    e.size = f.u32(24);
    const Fields extra(directory, at + central_bytes + name_bytes, extra_bytes, where);
    read_zip64(extra, {&e.size, &packed, &begin}, where);
    e.packed = locate(file.first(d.begin), e, method, begin, packed, where);
    // Deflate makes at most 1032 bytes of one.
    OCTET_CHECK(e.deflated ? e.size / 1032 <= packed : e.size == packed, where, ": ", packed,
                " bytes cannot be ", e.size, " bytes unpacked");
    entries.push_back(std::move(e));
    at += central_bytes + name_bytes + extra_bytes + comment_bytes;
  }
  OCTET_CHECK(at == d.begin + d.bytes, path, ": directory: expected ", d.bytes, " bytes, got ",
              at - d.begin);
  check_apart(entries, path);
  return entries;
}

}  // namespace octet
