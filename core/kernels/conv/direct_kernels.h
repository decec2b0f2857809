// The register kernels of direct convolution. A patch is kernel_h runs of kernel_w * channels
// values that are contiguous in the (padded) source. Not for users of the library.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "core/kernels/prefetch.h"

namespace octet {

/// Some rows of output pixels of one image.
struct DirectRows {
  const float* source;           ///< padded source at the first output pixel's patch
  std::int64_t row;              ///< floats from one output row's source to the next
  std::int64_t step;             ///< floats from one output pixel's source to the next
  std::int64_t tap_row;          ///< floats from one run of the patch to the next
  std::int64_t runs, run;        ///< runs in a patch; floats in a run
  std::int64_t rows, cols;       ///< output pixels
  std::int64_t channels;         ///< output channels
  std::int64_t w_channels;       ///< the same rounded up to the kernels' multiple
  std::int64_t y_step;           ///< forward: floats from one output pixel to the next
  Prefetch* prefetch = nullptr;  ///< forward: its part is fetched meanwhile
};

struct DirectKernels {
  /// Weights have their output channels padded to a multiple of this.
  std::int64_t multiple = 0;
  /// y [rows, cols, channels of y_step] = beta y + bias + patches w. w: blocks of 2 * multiple
  /// channels (the last may have one multiple), each [runs, run, channels of the block]; bias
  /// [w_channels] or null.
  void (*forward)(const DirectRows& r, const float* w, const float* bias, float beta,
                  float* y) noexcept = nullptr;
  /// dw [runs, run, w_channels] += patches^T dy. dy [rows, cols, channels].
  void (*backward_weights)(const DirectRows& r, const float* dy, float* dw) noexcept = nullptr;
};

/// Null where there are none, as for portable code.
const DirectKernels* direct_kernels(Isa isa) noexcept;

}  // namespace octet
