// Pictures at another size.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/image.h"

namespace octet {

/// How pixels between pixels are found. Where a picture shrinks, all but `nearest` look at all of
/// what a pixel covers.
enum class ResizeFilter {
  bilinear,  ///< a triangle
  cubic,     ///< Catmull-Rom where it grows, Mitchell where it shrinks
  area,      ///< a box: the mean of what a pixel covers
  nearest,   ///< the pixel at the centre
};
/// "bilinear", ...
std::vector<std::string_view> resize_filter_names();
/// Throws Error listing the names.
ResizeFilter parse_resize_filter(std::string_view name);

/// The picture at height x width, by stb_image_resize (edges repeat); at its own size the picture
/// itself. The aspect ratio is what the numbers say. Throws Error unless both are in
/// [1, max_image_side] and give at most max_image_pixels.
Image resize_image(const Image& image, std::int64_t height, std::int64_t width,
                   ResizeFilter filter = ResizeFilter::cubic);

/// How a picture of another aspect ratio comes to a size.
enum class KeepAspect {
  no,    ///< stretched
  pad,   ///< all of it, centred, between bars of a fixed pixel
  crop,  ///< its middle, as much as has the wanted ratio
};
/// "no", "pad", "crop"
std::vector<std::string_view> keep_aspect_names();
/// Throws Error listing the names.
KeepAspect parse_keep_aspect(std::string_view name);

/// The size that pictures are brought to.
struct InputSize {
  std::int64_t h = 0, w = 0;  ///< 0, both: as they are
  ResizeFilter resize = ResizeFilter::bilinear;
  KeepAspect keep_aspect = KeepAspect::no;
  bool given() const noexcept { return h > 0 || w > 0; }
};

/// The picture at that size; bars of KeepAspect::pad have the value `bar` in each channel. Throws
/// Error as resize_image() does.
Image fit_image(Image image, const InputSize& size, std::uint8_t bar = 0);

}  // namespace octet
