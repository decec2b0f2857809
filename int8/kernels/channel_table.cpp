#include "int8/kernels/channel_table.h"

#include <algorithm>

namespace octet::int8 {

void WeightSums::compute(const std::int8_t* weights, std::int64_t per_channel) noexcept {
  for (std::size_t c = 0; c < sum_.size(); ++c, weights += per_channel) {
    std::int32_t sum = 0, absolute = 0;
    for (std::int64_t i = 0; i < per_channel; ++i) {
      sum += weights[i];
      absolute += weights[i] < 0 ? -weights[i] : weights[i];
    }
    sum_[c] = sum;
    bound_[c] = 255U * static_cast<std::uint32_t>(absolute);
  }
}

BlockMode fill_channels(const ConvKernels& kernels, const WeightSums& sums, int first, int n,
                        std::int32_t correction, const ConvOutput& out,
                        const ChannelConstantsOut& to) noexcept {
  BlockMode mode;
  if (out.acc) {
    for (int c = 0; c < n; ++c) {
      // Unsigned: accumulators wrap, and only their final values need fit.
      to.start[c] =
          static_cast<std::int32_t>(0U - static_cast<std::uint32_t>(correction) *
                                             static_cast<std::uint32_t>(sums.sum()[first + c]));
    }
    return mode;
  }
  static_assert(sizeof(Multiplier) == 2 * sizeof(std::int32_t));
  const Requantization& r = *out.requantization;
  ChannelInputs in;
  in.bias = r.bias + first;
  in.factors = &r.multiplier[first].m;
  in.sum = sums.sum() + first;
  in.bound = sums.bound() + first;
  in.correction = correction;
  in.single_rounding = r.rounding == Rounding::single_rounding;
  const ChannelNeeds needs = kernels.channels(in, n, to);
  mode.epilogue = in.single_rounding ? Epilogue::single_rounding : Epilogue::double_rounding;
  mode.any_left = needs.left;
  mode.one_by_one = needs.one_by_one;
  return mode;
}

std::int8_t requantize_one(std::int32_t value, int c, const Requantization& r) noexcept {
  const std::int32_t p =
      multiply_by_quantized_multiplier(value, r.multiplier[c], r.rounding) + r.output_zero_point;
  return static_cast<std::int8_t>(std::min(std::max(p, r.lo), r.hi));
}

}  // namespace octet::int8
