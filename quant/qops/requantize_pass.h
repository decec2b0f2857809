// From accumulators to codes in training: the same integers as the engine's epilogue, with what
// training needs besides: the clamp mask and the range before the clamp.
#pragma once

#include <cstdint>
#include <span>

#include "core/context.h"
#include "quant/fold.h"
#include "quant/int8/fixed_point.h"

namespace octet::quant {

/// One bit per element, bit i % 8 of byte i / 8: whether the gradient passes (line 23).
inline bool mask_bit(const std::uint8_t* mask, std::int64_t i) noexcept {
  return (mask[i >> 3] >> (i & 7)) & 1;
}
inline std::int64_t mask_bytes(std::int64_t n) noexcept {
  return (n + 7) / 8;
}

struct RequantizePass {
  std::int64_t rows = 0;
  std::int64_t channels = 0;
  const std::int32_t* acc = nullptr;  ///< [rows, channels]
  const Folded* folded = nullptr;
  std::int32_t zero_point = 0, lo = -128, hi = 127;
  bool open_lower = false;  ///< a ReLU's bound: no gradient at p == lo
  int8::Rounding rounding = int8::Rounding::single_rounding;

  std::int8_t* codes = nullptr;      ///< [rows, channels]
  std::uint8_t* mask = nullptr;      ///< mask_bytes(rows * channels), or null
  std::span<std::int32_t> min, max;  ///< per channel of sign acc + bias, or empty
};

/// Line 12 for every element. Parallel over fixed chunks of rows.
void requantize(Context& ctx, const RequantizePass& pass);

/// Sums of acc and acc^2 per channel, in double over fixed chunks of rows added in index order
/// (line 7).
void channel_sums(Context& ctx, const std::int32_t* acc, std::int64_t rows, std::int64_t channels,
                  std::span<double> sum, std::span<double> sum_of_squares);

}  // namespace octet::quant
