#include "interop/arrays/unzip.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace octet {

Unpacked unpack(const ZipEntry& e, const std::string& where) {
  Unpacked out{nullptr, e.packed};
  if (e.deflated) {
    const auto buffer =
        std::make_shared<std::vector<std::byte>>(std::max<std::uint64_t>(e.size, 1));
    z_stream stream{};
    OCTET_CHECK(inflateInit2(&stream, -MAX_WBITS) == Z_OK, where, ": no memory to unpack it");
    // zlib counts in 32 bits.
    constexpr std::size_t step = std::size_t{1} << 30;
    std::size_t in = 0, made = 0;
    int state = Z_OK;
    while (state == Z_OK) {
      stream.avail_in = static_cast<uInt>(std::min(step, e.packed.size() - in));
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(e.packed.data() + in));
      stream.avail_out = static_cast<uInt>(std::min<std::size_t>(step, e.size - made));
      stream.next_out = reinterpret_cast<Bytef*>(buffer->data() + made);
      const uInt in_before = stream.avail_in, out_before = stream.avail_out;
      state = inflate(&stream, Z_NO_FLUSH);
      in += in_before - stream.avail_in;
      made += out_before - stream.avail_out;
    }
    inflateEnd(&stream);
    OCTET_CHECK(state == Z_STREAM_END && made == e.size && in == e.packed.size(), where,
                ": expected ", e.size, " bytes unpacked, got ", made, " and then ",
                state == Z_STREAM_END ? "the end" : "none that can be unpacked");
    out = {buffer, {buffer->data(), static_cast<std::size_t>(e.size)}};
  }
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(out.bytes.data()), out.bytes.size());
  OCTET_CHECK(sum == e.crc, where, ": the checksum of its bytes is not the one in the directory");
  return out;
}

}  // namespace octet
