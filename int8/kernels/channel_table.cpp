#include "int8/kernels/channel_table.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>
#include <optional>

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

namespace {

/// A code minus the zero point, and how many bits it is shifted for sums that are rounded to it.
struct ConstantCode {
  std::int32_t p;
  int bits;
};

/// The one code of channel c of `in`, first + c of r, if all of its sums give the same, as those of
/// a dead channel with a large bias do, and the kernels hold sums that give it.
std::optional<ConstantCode> constant_code(const ChannelInputs& in, const Requantization& r,
                                          int first, int c) noexcept {
  const std::int64_t bias = in.bias[c], bound = in.bound[c];
  if (std::abs(bias) + bound > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  const int code = requantize_sum(static_cast<std::int32_t>(bias - bound), first + c, r);
  if (code != requantize_sum(static_cast<std::int32_t>(bias + bound), first + c, r))
    return std::nullopt;
  // p units of 2^bits, of which the bound is less than a quarter: rounded to p in either way.
  const std::int32_t p = code - r.output_zero_point;
  const int bits = std::max(static_cast<int>(std::bit_width(in.bound[c])) + 2, 3);
  if (bits > 29 || (std::abs(std::int64_t{p}) << bits) + bound >= std::int64_t{1} << 30)
    return std::nullopt;
  return ConstantCode{p, bits};
}

/// Constants of the channels whose sums the kernels could not hold, if each has but one code; else
/// all stay as they are. Returns whether some is left.
bool any_too_large(const ChannelInputs& in, const Requantization& r, int first, int n,
                   const ChannelConstantsOut& to) noexcept {
  const std::uint64_t limit = std::uint64_t{1} << (in.single_rounding ? 31 : 30);
  const auto too_large = [&](int c) {
    return static_cast<std::uint64_t>(in.bound[c] + std::abs(std::int64_t{in.bias[c]}))
               << to.left[c] >=
           limit;
  };
  for (int c = 0; c < n; ++c) {
    if (too_large(c) && !constant_code(in, r, first, c)) return true;
  }
  for (int c = 0; c < n; ++c) {
    if (!too_large(c)) continue;
    const auto [p, bits] = *constant_code(in, r, first, c);
    const std::int64_t start = std::int64_t{p} << bits;
    to.start[c] = static_cast<std::int32_t>(static_cast<std::uint32_t>(to.start[c]) +
                                            static_cast<std::uint32_t>(start - in.bias[c]));
    to.left[c] = 0;
    to.multiplier[c] = 1 << 30;
    to.right[c] = bits - (in.single_rounding ? 3 : 1);
  }
  return false;
}

}  // namespace

BlockMode fill_channels(const ConvKernels& kernels, const WeightSums& sums, int first, int n,
                        std::int32_t correction, const ConvOutput& out,
                        const ChannelConstantsOut& to) noexcept {
  BlockMode mode;
  // What the kernels' constants cannot say: they leave accumulators.
  const bool one_by_one =
      out.requantization && (out.requantization->factor || out.requantization->ties_up > 0);
  if (!out.requantization || one_by_one) {
    const std::int32_t* bias = one_by_one ? out.requantization->bias + first : nullptr;
    for (int c = 0; c < n; ++c) {
      // Unsigned: accumulators wrap, and only their final values need fit.
      to.start[c] =
          static_cast<std::int32_t>((bias ? static_cast<std::uint32_t>(bias[c]) : 0U) -
                                    static_cast<std::uint32_t>(correction) *
                                        static_cast<std::uint32_t>(sums.sum()[first + c]));
    }
    mode.one_by_one = one_by_one;
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
  mode.one_by_one = needs.one_by_one && any_too_large(in, r, first, n, to);
  return mode;
}

void requantize_rows(const ConvKernels& kernels, const SumRows& rows, const Requantization& r,
                     std::int8_t* y, std::int64_t y_stride) noexcept {
  if (r.factor) {
    const std::int32_t z = r.output_zero_point;
    kernels.float_codes({.sum = rows.sum,
                         .sum_stride = rows.stride,
                         .factor = r.factor + rows.first,
                         .rows = rows.count,
                         .channels = rows.channels,
                         .zero_point = z,
                         .low = static_cast<float>(r.lo - z),
                         .high = static_cast<float>(r.hi - z),
                         .y = y,
                         .y_stride = y_stride});
    return;
  }
  for (int i = 0; i < rows.count; ++i) {
    const std::int32_t* sum = rows.sum + i * rows.stride;
    for (int c = 0; c < rows.channels; ++c)
      y[i * y_stride + c] = requantize_sum(sum[c], rows.first + c, r);
  }
}

}  // namespace octet::int8
