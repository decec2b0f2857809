// The loops behind channel_sums.h. Plain data, one file for each instruction set; all give the same
// bits.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"

namespace octet::quant {

/// A run of values from the start of a wide row on (see WideRows). Arrays without a length have
/// `width` elements, one for each column.
struct MomentsSpan {
  const std::int32_t* acc;
  std::int64_t n;
  std::int64_t width;  ///< a multiple of 16
  double* sum;
  double* square;
};

/// The same. g is dy where the mask's bit is 1, else 0; u = scale acc + offset.
struct GradientSpan {
  const float* dy;
  const std::uint8_t* mask;  ///< (n + 7) / 8 bytes, value i at bit i % 8 of byte i / 8
  const std::int32_t* acc;
  std::int64_t n, width;
  const float *scale, *offset;
  const float *f, *mean, *mean_u;
  double *sum, *sum_u;
  float* out;  ///< [n]
};

struct SumsKernels {
  void (*moments)(const MomentsSpan& s) noexcept;  ///< sum += acc, square += acc^2
  void (*mask)(const GradientSpan& s) noexcept;    ///< out = g, sum += g
  void (*sums)(const GradientSpan& s) noexcept;    ///< sum += g, sum_u += g u
  void (*centre)(const GradientSpan& s) noexcept;  ///< out = f (g - mean - u mean_u)
};

/// The best ones for `isa`.
const SumsKernels& sums_kernels(Isa isa) noexcept;

}  // namespace octet::quant
