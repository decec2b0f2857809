#include "data/mask_colors.h"

#include <png.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "data/dataset.h"

namespace octet {
namespace {

using Color = std::array<std::uint8_t, 3>;

/// The first are those of Okabe and Ito 2008, which the colour-blind can tell apart.
Color color_of(int k) {
  constexpr std::array<Color, 8> first{{{0, 0, 0},
                                        {230, 159, 0},
                                        {86, 180, 233},
                                        {0, 158, 115},
                                        {240, 228, 66},
                                        {0, 114, 178},
                                        {213, 94, 0},
                                        {204, 121, 167}}};
  if (k < 0 || k >= ignored_class) return {128, 128, 128};
  if (k < static_cast<int>(first.size())) return first[static_cast<std::size_t>(k)];
  const auto part = [k](int factor) { return static_cast<std::uint8_t>(64 + k * factor % 192); };
  return {part(67), part(109), part(151)};
}

}  // namespace

Image mask_image(std::span<const real> classes, std::int64_t height, std::int64_t width) {
  Image image{height, width, 3, {}};
  image.pixels.reserve(3 * classes.size());
  for (const real k : classes) {
    const Color color = color_of(static_cast<int>(k));
    image.pixels.insert(image.pixels.end(), color.begin(), color.end());
  }
  return image;
}

std::vector<std::byte> encode_mask_png(std::span<const std::uint8_t> classes, std::int64_t height,
                                       std::int64_t width) {
  OCTET_CHECK(height >= 1 && width >= 1 && height <= max_image_side && width <= max_image_side &&
                  std::ssize(classes) == height * width,
              "mask: PNG: expected ", height, " x ", width, " pixels, got ", classes.size());
  std::array<png_byte, 3 * 256> palette{};
  for (std::size_t k = 0; k < 256; ++k) {
    const Color color = color_of(static_cast<int>(k));
    std::ranges::copy(color, palette.begin() + static_cast<std::ptrdiff_t>(3 * k));
  }
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = PNG_FORMAT_RGB_COLORMAP;
  png.colormap_entries = 256;
  std::vector<std::byte> bytes(PNG_IMAGE_PNG_SIZE_MAX(png));
  png_alloc_size_t size = bytes.size();
  OCTET_CHECK(png_image_write_to_memory(&png, bytes.data(), &size, 0, classes.data(), 0,
                                        palette.data()) != 0,
              "mask: PNG: ", png.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace octet
