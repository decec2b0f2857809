// Masks as pictures for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "data/image.h"

namespace octet {

/// [height, width] of classes as RGB: class 0 black, then colours that are told apart, the same for
/// the same class; what is no class below 255 is grey.
Image mask_image(std::span<const real> classes, std::int64_t height, std::int64_t width);

/// A PNG file's bytes: [height, width] of classes below 256 as palette indices, which is what
/// read_class_mask() reads; the palette has the same colours.
std::vector<std::byte> encode_mask_png(std::span<const std::uint8_t> classes, std::int64_t height,
                                       std::int64_t width);

}  // namespace octet
