// PNG and JPEG files to 8-bit grey or RGB pixels, and pixels to PNG files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace octet {

/// Pixels [height, width, channels], row-major; channels is 1 (grey) or 3 (RGB).
struct Image {
  std::int64_t height = 0, width = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;
};

/// Larger pictures are refused: no header can make the decoders allocate more than some 100 MB.
inline constexpr std::int64_t max_image_side = 16384;
/// Height times width.
inline constexpr std::int64_t max_image_pixels = std::int64_t{1} << 24;

/// Pixels as stored: palettes and fewer bits are expanded, 16 bits scaled to 8, alpha dropped, no
/// gamma or colour profile applied. `name` is for messages. Throws Error if the bytes are not a
/// complete, intact PNG file, or the picture is too large.
Image decode_png(std::span<const std::uint8_t> bytes, const std::string& name);

/// Baseline or progressive, grey or YCbCr/RGB (CMYK is refused); slow-integer IDCT, so the same
/// pixels on every CPU. Whatever makes libjpeg warn (missing or corrupt data) is an Error.
Image decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name);

/// By the name alone: .png, .jpg or .jpeg, in any case.
bool is_picture_name(const std::filesystem::path& path);

/// A PNG file whose pixels are classes: palette indices, or grey values of up to 8 bits as they
/// are stored; one channel.
Image decode_class_mask(std::span<const std::uint8_t> bytes, const std::string& name);
/// The same of a file.
Image read_class_mask(const std::filesystem::path& path);

/// PNG or JPEG by their first bytes.
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name);
/// The same of a file.
Image read_image(const std::filesystem::path& path);

/// A PNG file's bytes: the pixels as they are. Throws Error, naming `name`, unless the image is
/// grey or RGB and not too large.
std::vector<std::byte> encode_png(const Image& image, const std::string& name = "image");
/// The same as a file, which appears whole or not at all. Throws Error naming the path.
void write_png(const Image& image, const std::filesystem::path& path);

/// To 1 or 3 channels: grey is repeated; colour becomes (299 R + 587 G + 114 B) / 1000, rounded
/// (the luma of ITU-R BT.601).
Image convert_channels(Image image, int channels);

}  // namespace octet
