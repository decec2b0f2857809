// PNG files by libpng's simplified interface.
#include <png.h>

#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "data/image.h"

namespace octet {

std::vector<std::byte> encode_png(const Image& image, const std::string& name) {
  OCTET_CHECK((image.channels == 1 || image.channels == 3) && image.width >= 1 &&
                  image.height >= 1 && image.width <= max_image_side &&
                  image.height <= max_image_side &&
                  static_cast<std::int64_t>(image.pixels.size()) ==
                      image.height * image.width * image.channels,
              name, ": PNG: expected 1 or 3 channels and 1 to ", max_image_side,
              " pixels a side, got ", image.width, " x ", image.height, " x ", image.channels);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::vector<std::byte> bytes(PNG_IMAGE_PNG_SIZE_MAX(png));
  png_alloc_size_t size = bytes.size();
  OCTET_CHECK(
      png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) != 0,
      name, ": PNG: ", png.message);
  bytes.resize(size);
  return bytes;
}

void write_png(const Image& image, const std::filesystem::path& path) {
  write_file_atomically(path, encode_png(image, path.string()));
}

}  // namespace octet
