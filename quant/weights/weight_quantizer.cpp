#include "quant/weights/weight_quantizer.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/common.h"
#include "quant/kernels/weight_codes.h"

namespace octet::quant {

namespace {

/// Scales that cover every weight (lines 4 and 14).
class MinMaxWeights final : public WeightQuantizer {
 public:
  using WeightQuantizer::WeightQuantizer;
  WeightCodes quantize(Context& ctx, const Tensor& weight, const WeightUse& use) const override;
};

WeightCodes MinMaxWeights::quantize(Context& ctx, const Tensor& weight,
                                    const WeightUse& use) const {
  const std::int64_t channels = weight.shape()[0];
  const std::int64_t n = weight.numel() / std::max<std::int64_t>(channels, 1);
  WeightCodes out{ctx.empty(weight.shape(), ElementType::i8),
                  PoolVector<float>(static_cast<std::size_t>(channels), ctx.pool)};
  const real* w = weight.r();
  auto* q = out.codes.data<std::int8_t>();
  const auto factor = [&](std::size_t c) {
    return folds_first() && !use.factor.empty() ? static_cast<float>(use.factor[c]) : 1.0f;
  };
  // The first channel that fails, by kind: the message must not depend on the threads.
  PoolVector<std::uint8_t> not_finite(out.scale.size(), ctx.pool);
  PoolVector<std::uint8_t> overflow(not_finite.size(), ctx.pool);
  const auto check_none = [](const PoolVector<std::uint8_t>& failed, const auto& message) {
    const auto first = std::ranges::find(failed, 1);
    if (first != failed.end()) message(first - failed.begin());
  };
  const auto check_finite = [&] {
    check_none(not_finite, [&](std::int64_t c) {
      fail("layer ", use.layer, ": weight of output channel ", c,
           " is not finite (training has diverged)");
    });
  };

  const auto largest = [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    const float value = largest_magnitude(ctx.isa, w + channel * n, n) * std::fabs(factor(c));
    not_finite[c] = !std::isfinite(value);
    return value;
  };
  const auto encode = [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    encode_channel(ctx.isa, {w + channel * n, n, factor(c), out.scale[c], q + channel * n});
    overflow[c] = sum_magnitudes(ctx.isa, q + channel * n, n) * 255 >= (std::int64_t{1} << 30);
  };
  if (spec().axis) {
    for_items(ctx, channels, n, [&](std::int64_t channel) {
      const auto c = static_cast<std::size_t>(channel);
      out.scale[c] = symmetric_scale(largest(channel), spec().highest());
      if (!not_finite[c]) encode(channel);
    });
    check_finite();
  } else {
    for_items(ctx, channels, n, [&](std::int64_t channel) {
      out.scale[static_cast<std::size_t>(channel)] = largest(channel);
    });
    check_finite();
    float all = 0;
    for (const float one : out.scale) all = std::max(all, one);
    std::ranges::fill(out.scale, std::max(symmetric_scale(all, spec().highest()), use.min_scale));
    for_items(ctx, channels, n, encode);
  }
  check_none(overflow, [&](std::int64_t c) {
    fail("layer ", use.layer, ": output channel ", c, " has ", n,
         " weights whose codes could overflow the accumulator: expected sum |q| * 255 < 2^30");
  });
  return out;
}

}  // namespace

WeightQuantizerPtr make_weight_quantizer(const QuantSpec& spec) {
  OCTET_CHECK(spec.symmetric, "weights: expected a symmetric specification");
  OCTET_CHECK(spec.bits >= 2 && spec.bits <= 8, "weights: expected 2 to 8 bits, got ", spec.bits);
  OCTET_CHECK(
      !spec.axis || *spec.axis == 0,
      "weights: expected one scale for all or one for each output channel (axis 0), got axis ",
      *spec.axis);
  switch (spec.method) {
    case ScaleMethod::min_max:
      return std::make_shared<MinMaxWeights>(spec);
  }
  fail("weights: unknown method of choosing scales");
}

}  // namespace octet::quant
