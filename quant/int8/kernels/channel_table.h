// Per-channel constants of a run, in the kernels' form, computed once before the tasks start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/int8/kernels/conv_algorithm.h"
#include "quant/int8/kernels/conv_args.h"

namespace octet::int8 {

/// What packing learns about one channel's weights.
struct WeightSums {
  std::int32_t sum = 0;       ///< of the codes
  std::int32_t absolute = 0;  ///< of their absolute values
};

/// A block of channels that one kernel call computes. `slot` counts padded channels: block b's
/// constants lie at [slot, slot + padded).
struct ChannelBlock {
  int first = 0;     ///< output channel
  int channels = 0;  ///< that exist
  int slot = 0;
  int padded = 0;
};

/// Lives in scratch. One row per constant, `slots` values each.
class ChannelTable {
 public:
  static std::size_t bytes(int slots) noexcept {
    return static_cast<std::size_t>(slots) * 4 * sizeof(std::int32_t);
  }
  ChannelTable(std::byte* memory, int slots) noexcept
      : start_(reinterpret_cast<std::int32_t*>(memory)), slots_(slots) {}

  std::int32_t* start() const noexcept { return start_; }
  std::int32_t* left() const noexcept { return start_ + slots_; }
  std::int32_t* multiplier() const noexcept { return start_ + 2 * slots_; }
  std::int32_t* right() const noexcept { return start_ + 3 * slots_; }

  ChannelConstants at(int slot) const noexcept {
    return {start() + slot, left() + slot, multiplier() + slot, right() + slot};
  }

 private:
  std::int32_t* start_;
  std::int64_t slots_;
};

/// How a block's results can be computed.
struct BlockMode {
  Epilogue epilogue = Epilogue::accumulators;
  bool any_left = false;
  /// The kernels' 32-bit intermediate results could overflow: store accumulators and requantize
  /// them one by one.
  bool one_by_one = false;
};

/// Writes slot `slot` for channel `c` and merges what it needs into `mode`.
/// correction: what to take off per unit of the weights' sum.
void set_channel(const ChannelTable& table, int slot, int c, const WeightSums& w,
                 std::int32_t correction, const ConvOutput& out, BlockMode& mode) noexcept;

/// The definition, for values that already hold the bias.
std::int8_t requantize_one(std::int32_t value, int c, const Requantization& r) noexcept;

}  // namespace octet::int8
