// Files of weights, byte by byte, for tests: right ones and such as lie.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace octet::test {

/// The message of the Error that f throws.
template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

template <class T>
std::string raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// `length` as the file says it: -1 for the header's own.
inline std::string safetensors(const std::string& header, const std::string& data,
                               std::int64_t length = -1) {
  const std::uint64_t n = length < 0 ? header.size() : static_cast<std::uint64_t>(length);
  return raw(std::vector{n}) + header + data;
}

inline std::string npy(const std::string& header, const std::string& data, int major = 1) {
  const auto n = static_cast<std::uint32_t>(header.size());
  return "\x93NUMPY" + std::string{static_cast<char>(major), '\0'} +
         raw(std::vector{n}).substr(0, major == 1 ? 2 : 4) + header + data;
}

inline std::string npy_header(const std::string& shape, const std::string& descr = "<f4",
                              bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }          \n";
}

inline std::string deflated(const std::string& data) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  std::string in = data;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// An entry of a zip archive; what is not -1 is said instead of the truth.
struct ZipPart {
  std::string name, data;
  bool packed = false;
  bool zip64 = false;  ///< the lengths stand in an extra field
  std::int64_t size = -1, packed_size = -1, begin = -1, crc = -1, method = -1, flags = -1;
  std::string local_name = {};
};

/// With `entries` and `directory_begin` as the end of the directory says them, -1 for the truth.
inline std::string zip(const std::vector<ZipPart>& parts, std::int64_t entries = -1,
                       std::int64_t directory_begin = -1) {
  const auto or_truth = [](std::int64_t said, std::size_t truth) {
    return static_cast<std::uint64_t>(said < 0 ? static_cast<std::int64_t>(truth) : said);
  };
  const auto u16 = [](std::uint64_t v) { return raw(std::vector{static_cast<std::uint16_t>(v)}); };
  const auto u32 = [](std::uint64_t v) { return raw(std::vector{static_cast<std::uint32_t>(v)}); };
  const auto u64 = [](std::uint64_t v) { return raw(std::vector{v}); };
  std::string file, directory;
  for (const ZipPart& p : parts) {
    const std::string body = p.packed ? deflated(p.data) : p.data;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(p.data.data()), static_cast<uInt>(p.data.size()));
    const std::uint64_t begin = or_truth(p.begin, file.size());
    const std::uint64_t size = or_truth(p.size, p.data.size());
    const std::uint64_t packed = or_truth(p.packed_size, body.size());
    const std::string common =
        u16(20) + u16(or_truth(p.flags, 0)) + u16(or_truth(p.method, p.packed ? 8 : 0)) + u16(0) +
        u16(0x21) + u32(or_truth(p.crc, sum)) +
        (p.zip64 ? u32(0xffffffff) + u32(0xffffffff) : u32(packed) + u32(size));
    const std::string lengths = u16(1) + u16(16) + u64(size) + u64(packed);
    const std::string extra = p.zip64 ? lengths : "";
    const std::string local = p.local_name.empty() ? p.name : p.local_name;
    file += "PK\x03\x04" + common + u16(local.size()) + u16(extra.size()) + local + extra + body;
    directory += "PK\x01\x02" + u16(20) + common + u16(p.name.size()) + u16(extra.size()) + u16(0) +
                 u16(0) + u16(0) + u32(0) + u32(begin) + p.name + extra;
  }
  const std::uint64_t count = or_truth(entries, parts.size());
  return file + directory + "PK\x05\x06" + u16(0) + u16(0) + u16(count) + u16(count) +
         u32(directory.size()) + u32(or_truth(directory_begin, file.size())) + u16(0);
}

}  // namespace octet::test
