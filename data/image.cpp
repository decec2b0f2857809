#include "data/image.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "data/file.h"

namespace octet {

namespace {

template <std::size_t N>
bool starts_with(std::span<const std::uint8_t> bytes, const std::array<std::uint8_t, N>& magic) {
  return bytes.size() >= N && std::equal(magic.begin(), magic.end(), bytes.begin());
}

std::vector<std::uint8_t> read_picture_bytes(const std::filesystem::path& path) {
  static constexpr std::int64_t max_file = std::int64_t{1} << 28;
  return data_detail::read_bytes(path, max_file);
}

}  // namespace

bool is_picture_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name) {
  static constexpr std::array<std::uint8_t, 4> png{0x89, 'P', 'N', 'G'};
  static constexpr std::array<std::uint8_t, 3> jpeg{0xff, 0xd8, 0xff};
  if (starts_with(bytes, png)) return decode_png(bytes, name);
  OCTET_CHECK(starts_with(bytes, jpeg), name, ": expected a PNG or JPEG picture, got ",
              bytes.empty() ? "an empty file" : "other first bytes");
  return decode_jpeg(bytes, name);
}

Image read_image(const std::filesystem::path& path) {
  return decode_image(read_picture_bytes(path), path.string());
}

Image read_class_mask(const std::filesystem::path& path) {
  return decode_class_mask(read_picture_bytes(path), path.string());
}

Image convert_channels(Image image, int channels) {
  OCTET_CHECK(channels == 1 || channels == 3, "channels: expected 1 or 3, got ", channels);
  if (image.channels == channels) return image;
  const auto pixels = static_cast<std::size_t>(image.height * image.width);
  std::vector<std::uint8_t> out(pixels * static_cast<std::size_t>(channels));
  const std::uint8_t* in = image.pixels.data();
  for (std::size_t i = 0; i < pixels; ++i) {
    if (channels == 3) {
      std::fill_n(&out[3 * i], 3, in[i]);
    } else {
      const std::uint8_t* p = in + 3 * i;
      out[i] = static_cast<std::uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
    }
  }
  image.channels = channels;
  image.pixels = std::move(out);
  return image;
}

}  // namespace octet
