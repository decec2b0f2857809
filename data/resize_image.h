// Pictures at another size.
#pragma once

#include <cstdint>

#include "data/image.h"

namespace octet {

/// The picture at height x width, by a cubic filter (stb_image_resize's defaults: Catmull-Rom where
/// it grows, Mitchell over all of what a pixel covers where it shrinks; edges repeat); at its own
/// size the picture itself. The aspect ratio is what the numbers say. Throws Error unless both are
/// in [1, max_image_side] and give at most max_image_pixels.
Image resize_image(const Image& image, std::int64_t height, std::int64_t width);

}  // namespace octet
