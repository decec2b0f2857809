#include "data/resize_image.h"

#include "base/error.h"

// Debian has the first version or, from 13 on, the second one.
#if __has_include(<stb/stb_image_resize2.h>)
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#define STBIR_NO_SIMD  // the same pixels on every CPU
#include <stb/stb_image_resize2.h>
#else
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize.h>
#endif

namespace octet {

namespace {

bool resize(const Image& from, Image& to) {
  const auto width = static_cast<int>(from.width), height = static_cast<int>(from.height);
  const auto out_width = static_cast<int>(to.width), out_height = static_cast<int>(to.height);
#ifdef STBIR_NO_SIMD
  const stbir_pixel_layout layout = from.channels == 1 ? STBIR_1CHANNEL : STBIR_RGB;
  return stbir_resize_uint8_linear(from.pixels.data(), width, height, 0, to.pixels.data(),
                                   out_width, out_height, 0, layout) != nullptr;
#else
  return stbir_resize_uint8(from.pixels.data(), width, height, 0, to.pixels.data(), out_width,
                            out_height, 0, from.channels) != 0;
#endif
}

}  // namespace

Image resize_image(const Image& image, std::int64_t height, std::int64_t width) {
  OCTET_CHECK(height >= 1 && width >= 1 && height <= max_image_side && width <= max_image_side &&
                  height * width <= max_image_pixels,
              "resize: expected a size of 1 to ", max_image_side, " a side and at most ",
              max_image_pixels, " pixels, got ", width, " x ", height);
  OCTET_CHECK(image.height >= 1 && image.width >= 1 &&
                  static_cast<std::int64_t>(image.pixels.size()) ==
                      image.height * image.width * image.channels,
              "resize: expected a picture with pixels, got ", image.width, " x ", image.height);
  if (height == image.height && width == image.width) return image;
  Image result{height, width, image.channels, {}};
  result.pixels.resize(static_cast<std::size_t>(height * width * image.channels));
  if (!resize(image, result)) throw MemoryError("resize: not enough memory");
  return result;
}

}  // namespace octet
