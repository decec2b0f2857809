// A small U-Net, for what the zoo's networks do not have.
#pragma once

#include <cstdint>
#include <memory>

#include "layers/module.h"

namespace octet::bench {

/// After Ronneberger et al. 2015, two levels: [N, H, W, 1], H and W multiples of 4, to [N, H, W,
/// 2]. One level goes up by a transposed convolution, the other by bilinear resizing; each is
/// concatenated with what came down. Weights are seeded.
std::shared_ptr<Module> make_unet(std::int64_t height, std::int64_t width, std::uint64_t seed);

}  // namespace octet::bench
