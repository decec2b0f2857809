// Pooling of one image, vectors along the channels. Not for users of the library.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "core/kernels/conv/gather.h"

namespace octet {

/// Image [h.source, w.source, channels] -> [h.grid, w.grid, channels].
struct PoolShape {
  GatherAxis h, w;
  std::int64_t channels;
  std::int64_t in_size() const noexcept { return h.source * w.source * channels; }
  std::int64_t out_size() const noexcept { return h.grid * w.grid * channels; }
};

/// y: the maximum, NaN if there is one; winner (may be null): the index of its first pixel in the
/// image, row * w.source + column.
struct MaxPoolImage {
  const PoolShape& s;
  const real* x;
  real* y;
  std::int32_t* winner;
};
void max_pool_image(Isa isa, const MaxPoolImage& p) noexcept;

/// dx[winner] += dy
struct MaxPoolImageBackward {
  const PoolShape& s;
  const real* dy;
  const std::int32_t* winner;
  real* dx;
};
void max_pool_image_backward(const MaxPoolImageBackward& p) noexcept;

/// y: the mean of the window's pixels inside the image, or of all of them with zeros outside.
struct AvgPoolImage {
  const PoolShape& s;
  bool include_pad;
  const real* x;
  real* y;
};
void avg_pool_image(Isa isa, const AvgPoolImage& p) noexcept;

/// dx += dy / count over each window.
struct AvgPoolImageBackward {
  const PoolShape& s;
  bool include_pad;
  const real* dy;
  real* dx;
};
void avg_pool_image_backward(Isa isa, const AvgPoolImageBackward& p) noexcept;

}  // namespace octet
