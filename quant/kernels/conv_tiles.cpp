#include "quant/kernels/conv_tiles.h"

#include <numeric>

namespace octet::quant {

ConvTiles::ConvTiles(const ConvGeometry& g, std::int64_t batch)
    : batch_(batch),
      channels_(g.out_c),
      image_rows_(g.out_h * g.out_w),
      image_size_(g.in_h * g.in_w * g.in_c),
      total_rows_(batch * image_rows_) {
  constexpr std::int64_t values = 32 * 1024;  // accumulators of a tile: 128 KiB
  const auto rounded_up = [](std::int64_t n, std::int64_t to) { return (n + to - 1) / to * to; };
  const std::int64_t image_values = std::max<std::int64_t>(image_rows_ * channels_, 1);
  const std::int64_t images = rounded_up(std::max<std::int64_t>(values / image_values, 1),
                                         8 / std::gcd<std::int64_t>(8, image_values));
  cut_images_ = images < batch;
  rows_ = cut_images_ ? images * image_rows_
                      : rounded_up(std::max<std::int64_t>(values / channels_, 1), 8);
  count_ = (total_rows_ + rows_ - 1) / rows_;
}

}  // namespace octet::quant
