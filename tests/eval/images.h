// A data set in memory.
#pragma once

#include <vector>

#include "core/random.h"
#include "data/loader.h"

namespace octet::test {

/// Random grey pixels; image i is of class i modulo `classes`.
inline Dataset random_images(std::int64_t n, std::int64_t extent, int classes) {
  Tensor images = Tensor::empty({n, extent, extent, 1}, ElementType::u8);
  Random random(5);
  for (auto& p : images.span<std::uint8_t>()) p = static_cast<std::uint8_t>(random.below(256));
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < n; ++i) labels.push_back(i % classes);
  return make_dataset(images, labels, {}, "random");
}

}  // namespace octet::test
