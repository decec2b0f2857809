// Per-channel constants in the kernels' form: computed when a model is loaded, or in scratch before
// the tasks of a run start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "int8/kernels/conv_algorithm.h"
#include "int8/kernels/conv_args.h"

namespace octet::int8 {

/// What packing learns about each channel's weights.
class WeightSums {
 public:
  explicit WeightSums(int channels)
      : sum_(static_cast<std::size_t>(channels)), bound_(static_cast<std::size_t>(channels)) {}
  /// weights: [channels, per_channel].
  void compute(const std::int8_t* weights, std::int64_t per_channel) noexcept;
  /// Sums of the codes, and 255 times the sums of their absolute values.
  const std::int32_t* sum() const noexcept { return sum_.data(); }
  const std::uint32_t* bound() const noexcept { return bound_.data(); }
  std::size_t bytes() const noexcept { return sum_.size() * 8; }

 private:
  std::vector<std::int32_t> sum_;
  std::vector<std::uint32_t> bound_;
};

/// A block of channels that one kernel call computes. Slots count padded channels: the block's
/// constants lie at [slot, slot + padded).
struct ChannelBlock {
  int first = 0;     ///< output channel
  int channels = 0;  ///< that exist
  int slot = 0;
  int padded = 0;
};

/// How a block's results are computed.
struct BlockMode {
  Epilogue epilogue = Epilogue::accumulators;
  bool any_left = false;
  /// The kernels' 32-bit intermediate results could overflow, or they do not know the rounding:
  /// store accumulators and requantize them one by one.
  bool one_by_one = false;
};

/// One row per constant, `slots` values each.
class ChannelTable {
 public:
  static std::size_t bytes(int slots) noexcept {
    return static_cast<std::size_t>(slots) * 4 * sizeof(std::int32_t);
  }
  ChannelTable(std::byte* memory, int slots) noexcept
      : start_(reinterpret_cast<std::int32_t*>(memory)), slots_(slots) {}

  static ChannelConstants at(const std::byte* memory, std::int64_t slots, int slot) noexcept {
    const std::int32_t* p = reinterpret_cast<const std::int32_t*>(memory) + slot;
    return {p, p + slots, p + 2 * slots, p + 3 * slots};
  }
  ChannelConstantsOut out(int slot) const noexcept {
    std::int32_t* p = start_ + slot;
    return {p, p + slots_, p + 2 * slots_, p + 3 * slots_};
  }

 private:
  std::int32_t* start_;
  std::int64_t slots_;
};

/// Constants of channels [first, first + n) to `to`. correction: what to take off an accumulator
/// for each unit of its weights' sum. A channel whose sums are too large for the kernels but all
/// give one code, like a dead one with a saturated bias, gets constants that give this code.
BlockMode fill_channels(const ConvKernels& kernels, const WeightSums& sums, int first, int n,
                        std::int32_t correction, const ConvOutput& out,
                        const ChannelConstantsOut& to) noexcept;

/// Sums that hold the bias: of `channels` output channels from `first` on, pixel by pixel.
struct SumRows {
  const std::int32_t* sum;
  std::int64_t stride;
  int count, first, channels;
};
/// Their codes, of what no kernel's constants say.
void requantize_rows(const ConvKernels& kernels, const SumRows& rows, const Requantization& r,
                     std::int8_t* y, std::int64_t y_stride) noexcept;

}  // namespace octet::int8
