// From accumulators to codes in training: the same integers as the engine's epilogue, with what
// training needs besides: the clamp mask and the range before the clamp.
#pragma once

#include <cstdint>
#include <span>

#include "base/simd/isa.h"
#include "core/context.h"
#include "core/kernels/wide_rows.h"
#include "quant/fold.h"
#include "quant/kernels/requantize_kernel.h"
#include "quant/observers/real_range.h"

namespace octet::quant {

inline std::int64_t mask_bytes(std::int64_t n) noexcept {
  return (n + 7) / 8;
}

/// What a layer's requantization needs besides the folded constants.
struct RequantizeTarget {
  std::int32_t zero_point = 0, lo = -128, hi = 127;
  bool open_lower = false;  ///< a ReLU's bound: no gradient at p == lo
  int8::Rounding rounding = int8::Rounding::single_rounding;
  Isa isa = Isa::portable;
  bool mask = true;    ///< write the mask of line 23
  bool range = false;  ///< find the range of sign acc + bias, per channel
};

/// Line 12 for the rows of one layer, which come in tiles in any order.
class RequantizePass {
 public:
  /// `tiles`: how many calls of run() there will be.
  RequantizePass(Pool& pool, const Folded& folded, const RequantizeTarget& target,
                 std::int64_t tiles);

  /// acc [rows, channels] -> codes, and the mask from bit 0 of `mask` on. Tiles may run at once.
  void run(std::int64_t tile, const std::int32_t* acc, std::int64_t rows, std::int8_t* codes,
           std::uint8_t* mask) noexcept;

  /// Of sign acc + bias per channel, over all tiles. Requires target.range.
  void range(std::span<std::int32_t> min, std::span<std::int32_t> max) const;
  /// Of s_x s_f (sign acc + bias) over all channels; `scale` is s_f. Requires target.range.
  RealRange real_range(Pool& pool, float input_scale, std::span<const float> scale) const;

 private:
  WideRows wide_;
  RequantizeTarget target_;
  RequantizeKernel kernel_;
  PoolVector<std::int32_t> sign_, bias_, multiplier_, shift_;  // sign_: empty if all are +1
  PoolVector<float> factor_;
  PoolVector<std::int32_t> min_, max_;  // [tiles, width]
};

}  // namespace octet::quant
