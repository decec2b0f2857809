// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: where each output row and column reads.
#pragma once

#include <cstdint>
#include <vector>

#include "int8/graph/graph.h"
#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// Input index of each of `out` output indices:
/// scale = align && out > 1 ? f32((in - 1) / f32(out - 1)) : f32(in / f32(out));
/// p = f32(f32(i + (half ? 0.5 : 0)) * scale); min(align ? round(p) : floor(p), in - 1), >= 0.
[[gnu::cold]] std::vector<std::int32_t> nearest_indices(int in, int out,
                                                        ResizeAttributes attributes);

/// One output index of a bilinear axis: weights of two input indices.
struct BilinearTap {
  std::int32_t lo = 0, hi = 0;
  std::int32_t weight_lo = 0, weight_hi = 0;  ///< they add up to 1024, in float rounding to 2048
};
/// sc = (1024 in + out / 2) / out, or align && out > 1: (1024 (in - 1) + (out - 1) / 2) / (out -
/// 1); pos = half ? i sc + sc / 2 - 512 : i sc; lo = max(pos / 1024, 0); hi = min((pos + 1023) /
/// 1024, in - 1); weight_hi = pos - 1024 lo.
/// Where lo = hi the weights are 1024 and 0, so that none is negative.
[[gnu::cold]] std::vector<BilinearTap> bilinear_taps(int in, int out, ResizeAttributes attributes);

/// The 20-bit weighted sum as a code: half away from zero in double rounding, half up in single;
/// in float rounding the sum has 22 bits, half up.
inline std::int8_t bilinear_round(std::int32_t sum, Rounding rounding) noexcept {
  constexpr std::int32_t half = 1 << 19;
  if (rounding == Rounding::float_rounding)
    return static_cast<std::int8_t>((sum + (1 << 21)) >> 22);
  if (rounding == Rounding::single_rounding) return static_cast<std::int8_t>((sum + half) >> 20);
  return static_cast<std::int8_t>((sum + (sum > 0 ? half : -half)) / (1 << 20));
}

/// One row of output: two rows of input [in_w, channels], their weights, a tap for each column.
struct BilinearRow {
  const std::int8_t *top, *bottom;
  std::int32_t weight_top, weight_bottom;
  const BilinearTap* taps;
  std::int64_t columns, channels;
};

/// Portable. y must not overlap the input. |sum| <= 128 * 2^22.
using BilinearFunction = void(const BilinearRow& row, Rounding rounding, std::int8_t* y) noexcept;
BilinearFunction bilinear_row;

}  // namespace octet::int8
