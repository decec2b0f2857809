#include "data/resize_image.h"

#include <algorithm>

#include "base/error.h"
#include "data/named.h"

// Debian has the first version or, from 13 on, the second one.
#if __has_include(<stb/stb_image_resize2.h>)
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#define STBIR_NO_SIMD  // the same pixels on every CPU
#include <stb/stb_image_resize2.h>
#else
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
// It asserts that weights before their normalization are below 1.1 in all: with its triangle they
// are 1.12 where 7 pixels become 5.
#define STBIR_ASSERT(condition) (static_cast<void>(sizeof(condition)))
#include <stb/stb_image_resize.h>
#endif

namespace octet {

namespace {

constexpr data_detail::NameTable<ResizeFilter, 4> filter_names{
    {{ResizeFilter::bilinear, "bilinear"},
     {ResizeFilter::cubic, "cubic"},
     {ResizeFilter::area, "area"},
     {ResizeFilter::nearest, "nearest"}}};
constexpr data_detail::NameTable<KeepAspect, 3> aspect_names{
    {{KeepAspect::no, "no"}, {KeepAspect::pad, "pad"}, {KeepAspect::crop, "crop"}}};

stbir_filter stb_filter(ResizeFilter filter) {
  return filter == ResizeFilter::bilinear ? STBIR_FILTER_TRIANGLE
         : filter == ResizeFilter::area   ? STBIR_FILTER_BOX
                                          : STBIR_FILTER_DEFAULT;
}

bool resize(const Image& from, Image& to, ResizeFilter filter) {
  const auto width = static_cast<int>(from.width), height = static_cast<int>(from.height);
  const auto out_width = static_cast<int>(to.width), out_height = static_cast<int>(to.height);
#ifdef STBIR_NO_SIMD
  const stbir_pixel_layout layout = from.channels == 1 ? STBIR_1CHANNEL : STBIR_RGB;
  return stbir_resize(from.pixels.data(), width, height, 0, to.pixels.data(), out_width, out_height,
                      0, layout, STBIR_TYPE_UINT8, STBIR_EDGE_CLAMP, stb_filter(filter)) != nullptr;
#else
  return stbir_resize_uint8_generic(from.pixels.data(), width, height, 0, to.pixels.data(),
                                    out_width, out_height, 0, from.channels,
                                    STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
                                    stb_filter(filter), STBIR_COLORSPACE_LINEAR, nullptr) != 0;
#endif
}

void resize_nearest(const Image& from, Image& to) {
  const auto channels = static_cast<std::size_t>(from.channels);
  const auto source = [](std::int64_t i, std::int64_t in, std::int64_t out) {
    return (2 * i + 1) * in / (2 * out);
  };
  std::uint8_t* p = to.pixels.data();
  for (std::int64_t y = 0; y < to.height; ++y) {
    const std::int64_t row = source(y, from.height, to.height) * from.width;
    for (std::int64_t x = 0; x < to.width; ++x, p += channels) {
      const std::int64_t at = row + source(x, from.width, to.width);
      std::copy_n(&from.pixels[static_cast<std::size_t>(at) * channels], channels, p);
    }
  }
}

/// The height x width pixels in the middle.
Image middle_of(const Image& image, std::int64_t height, std::int64_t width) {
  Image part{height, width, image.channels, {}};
  const std::int64_t top = (image.height - height) / 2, left = (image.width - width) / 2;
  const std::int64_t row = width * image.channels;
  for (std::int64_t y = 0; y < height; ++y) {
    const auto* from = image.pixels.data() + ((top + y) * image.width + left) * image.channels;
    part.pixels.insert(part.pixels.end(), from, from + row);
  }
  return part;
}

/// `image` in the middle of a larger one.
Image with_bars(const Image& image, std::int64_t height, std::int64_t width, std::uint8_t bar) {
  Image all{height, width, image.channels, {}};
  all.pixels.assign(static_cast<std::size_t>(height * width * image.channels), bar);
  const std::int64_t top = (height - image.height) / 2, left = (width - image.width) / 2;
  const std::int64_t row = image.width * image.channels;
  for (std::int64_t y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.data() + y * row, row,
                all.pixels.data() + ((top + y) * width + left) * image.channels);
  }
  return all;
}

/// a b / c, rounded, at least 1.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  return std::max<std::int64_t>((2 * a * b + c) / (2 * c), 1);
}

}  // namespace

std::vector<std::string_view> resize_filter_names() {
  return data_detail::names_in(filter_names);
}
ResizeFilter parse_resize_filter(std::string_view name) {
  return data_detail::value_of(filter_names, name, "resize");
}
std::vector<std::string_view> keep_aspect_names() {
  return data_detail::names_in(aspect_names);
}
KeepAspect parse_keep_aspect(std::string_view name) {
  return data_detail::value_of(aspect_names, name, "keep_aspect");
}

Image resize_image(const Image& image, std::int64_t height, std::int64_t width,
                   ResizeFilter filter) {
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
  if (filter == ResizeFilter::nearest) {
    resize_nearest(image, result);
  } else if (!resize(image, result, filter)) {
    throw MemoryError("resize: not enough memory");
  }
  return result;
}

Image fit_image(Image image, const InputSize& size, std::uint8_t bar) {
  if (!size.given()) return image;
  OCTET_CHECK(size.h > 0 && size.w > 0, "resize: expected both a height and a width, got ", size.w,
              " x ", size.h);
  const bool wide = image.width * size.h > image.height * size.w;  // wider than wanted
  if (size.keep_aspect == KeepAspect::crop) {
    const std::int64_t h =
        wide ? image.height : std::min(scaled(image.width, size.h, size.w), image.height);
    const std::int64_t w =
        wide ? std::min(scaled(image.height, size.w, size.h), image.width) : image.width;
    return resize_image(middle_of(image, h, w), size.h, size.w, size.resize);
  }
  if (size.keep_aspect == KeepAspect::pad) {
    const std::int64_t h =
        wide ? std::min(scaled(image.height, size.w, image.width), size.h) : size.h;
    const std::int64_t w =
        wide ? size.w : std::min(scaled(image.width, size.h, image.height), size.w);
    return with_bars(resize_image(image, h, w, size.resize), size.h, size.w, bar);
  }
  return resize_image(image, size.h, size.w, size.resize);
}

}  // namespace octet
