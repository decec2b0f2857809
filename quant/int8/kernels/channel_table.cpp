#include "quant/int8/kernels/channel_table.h"

#include <algorithm>
#include <cstdlib>

namespace octet::int8 {

void set_channel(const ChannelTable& table, int slot, int c, const WeightSums& w,
                 std::int32_t correction, const ConvOutput& out, BlockMode& mode) noexcept {
  // Unsigned: the accumulator wraps, and only its final value need fit.
  const auto taken_off = static_cast<std::uint32_t>(correction) * static_cast<std::uint32_t>(w.sum);
  if (out.acc) {
    table.start()[slot] = static_cast<std::int32_t>(0U - taken_off);
    return;
  }
  const Requantization& r = *out.requantization;
  const bool single = r.rounding == Rounding::single_rounding;
  Multiplier by = r.multiplier[c];
  if (by.m == 0) by.shift = -2;  // the product is zero whatever the shift
  const int left = std::max(0, single ? by.shift + 2 : by.shift);
  const int right = single ? left - by.shift - 2 : std::max(0, -by.shift);
  table.start()[slot] =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(r.bias[c]) - taken_off);
  table.left()[slot] = left;
  table.multiplier()[slot] = by.m;
  table.right()[slot] = right;

  const std::int64_t largest = std::int64_t{255} * w.absolute + std::abs(std::int64_t{r.bias[c]});
  const std::int64_t limit = std::int64_t{1} << (single ? 31 : 30);
  mode.epilogue = single ? Epilogue::single_rounding : Epilogue::double_rounding;
  mode.any_left |= left > 0;
  mode.one_by_one |= left > 30 || largest >= (limit >> left);
}

std::int8_t requantize_one(std::int32_t value, int c, const Requantization& r) noexcept {
  const std::int32_t p =
      multiply_by_quantized_multiplier(value, r.multiplier[c], r.rounding) + r.output_zero_point;
  return static_cast<std::int8_t>(std::min(std::max(p, r.lo), r.hi));
}

}  // namespace octet::int8
