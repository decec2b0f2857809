// Depthwise convolution on one row of pixels, vectors along the channels. Not for users.
#pragma once

#include "base/simd/isa.h"
#include "core/kernels/conv/gather.h"

namespace octet {

/// out[q, c] = beta out[q, c] + bias[c] + sum over taps of source[tap(q), c] * w[tap, c].
/// Forward and, through backward_phase, backward: only the taps differ.
struct DepthwiseRow {
  GatherAxis h, w;       ///< taps inside the kernel; sources outside the image are skipped
  const real* source;    ///< image [h.source, w.source, channels]
  const real* weights;   ///< [kernel_h, kernel_w, channels], from the first tap
  std::int64_t row;      ///< destination row in h's grid
  std::int64_t tap_row;  ///< weights from one tap of h to the next, in reals
  std::int64_t tap_col;  ///< the same for w
  const real* bias;      ///< or null
  std::int64_t channels;
  real beta;              ///< 0 or 1
  real* out;              ///< destination pixel 0
  std::int64_t out_step;  ///< reals from one destination pixel to the next
};
void depthwise_row(Isa isa, const DepthwiseRow& row) noexcept;

/// dw[tap, c] += sum over the row's pixels of x[tap(q), c] * dy[q, c].
struct DepthwiseWeightsRow {
  GatherAxis h, w;
  const real* x;   ///< image [h.source, w.source, channels]
  const real* dy;  ///< row [w.grid, channels]
  std::int64_t row;
  std::int64_t channels;
  real* dw;  ///< [h.taps, w.taps, channels]
};
void depthwise_weights_row(Isa isa, const DepthwiseWeightsRow& row) noexcept;

}  // namespace octet
