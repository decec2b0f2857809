// The kernels of requantizing in training. Plain data, one file for each ISA.
#pragma once

#include <cstdint>

#include "base/simd/isa.h"
#include "int8/reference/fixed_point.h"

namespace octet::quant {

/// A run of accumulators from the start of a wide row on (see WideRows). Arrays without a length
/// have `width` elements, one for each column.
///
///   v = sign acc + bias;  p = v M + zero_point by the rounding mode;  code = clamp(p, lo, hi)
///   mask bit = mask_lo <= p <= hi;  min, max: widened by v
struct RequantizeSpan {
  const std::int32_t* acc;
  std::int64_t n;
  std::int64_t width;        ///< a multiple of 16
  const std::int32_t* sign;  ///< null: all +1
  const std::int32_t* bias;
  const std::int32_t* multiplier;
  const std::int32_t* shift;  ///< as in Multiplier
  const float* factor;        ///< M in float rounding, in place of multiplier and shift
  std::int32_t zero_point, lo, hi, mask_lo;
  std::int8_t* codes;       ///< [n]
  std::uint8_t* mask;       ///< (n + 7) / 8 bytes, element i at bit i % 8 of byte i / 8; or null
  std::int32_t *min, *max;  ///< or null
};
using RequantizeKernel = void (*)(const RequantizeSpan&) noexcept;

/// The best kernel for `isa`; every one gives the bytes of the portable one.
RequantizeKernel requantize_kernel(Isa isa, int8::Rounding rounding) noexcept;

}  // namespace octet::quant
