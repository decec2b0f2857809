// Patches of an image as rows of a matrix: the left operand of convolution as a matrix product.
#pragma once

#include <cstdint>
#include <utility>

#include "core/kernels/conv/float_conv.h"

namespace octet {

/// The taps of one spatial axis: destination pixel q reads source pixel q * step + first + t * next
/// at tap t in [0, taps). Sources outside [0, source) are zero.
struct GatherAxis {
  std::int64_t source = 1;  ///< source extent
  std::int64_t grid = 1;    ///< number of destination pixels
  std::int64_t step = 1, first = 0, next = 1, taps = 1;

  /// The source pixel that q reads at tap t; may lie outside.
  std::int64_t at(std::int64_t q, std::int64_t t) const noexcept {
    return q * step + first + t * next;
  }
  /// The taps [lo, hi) of q that lie inside the source. Requires next > 0.
  std::pair<std::int64_t, std::int64_t> inside(std::int64_t q) const noexcept {
    std::int64_t lo = 0, hi = taps;
    while (lo < hi && at(q, lo) < 0) ++lo;
    while (lo < hi && at(q, hi - 1) >= source) --hi;
    return {lo, hi};
  }
};

/// Which values of a source image [h.source, w.source, pixel] form the patch of each pixel of the
/// destination grid [h.grid, w.grid]: row-major [h.taps, w.taps, channels].
struct Gather {
  GatherAxis h, w;
  std::int64_t pixel = 1;     ///< values from one source pixel to the next
  std::int64_t channels = 1;  ///< values read from each

  std::int64_t patch() const noexcept { return h.taps * w.taps * channels; }
  std::int64_t pixels() const noexcept { return h.grid * w.grid; }
  /// The source itself is the matrix of patches, with row stride `pixel`.
  bool direct() const noexcept;
  /// Writes the patches of grid pixels [begin, end) to `out` ([end - begin, patch()]). `source`
  /// points to the first channel to be read.
  void pack(const real* source, std::int64_t begin, std::int64_t end, real* out) const noexcept;
};

/// Output pixels read input patches (all taps), channels of one group.
Gather forward_gather(const ConvShape& s) noexcept;

/// The input pixels (phase_h + stride_h * i, phase_w + stride_w * j) and the output pixels that
/// they reach: a convolution with stride 1 on dy, through every step-th tap of the kernel only.
struct BackwardPhase {
  Gather gather;
  std::int64_t tap_h, tap_w;            ///< the first tap of the kernel
  std::int64_t tap_step_h, tap_step_w;  ///< from one tap to the next
};
BackwardPhase backward_phase(const ConvShape& s, std::int64_t phase_h,
                             std::int64_t phase_w) noexcept;

/// Pixels in a tile whose patches take about `bytes`; depends on the shape alone.
std::int64_t tile_pixels(const Gather& g, std::int64_t bytes) noexcept;

}  // namespace octet
