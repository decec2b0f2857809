#include "quant/weights/weight_quantizer.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/common.h"
#include "int8/kernels/dispatch.h"
#include "quant/kernels/weight_codes.h"

namespace octet::quant {

namespace {

/// What is wrong with a channel. The first one that fails is named: the message must not depend on
/// the threads.
struct ChannelChecks {
  ChannelChecks(std::size_t channels, std::string_view layer_name, Pool& pool)
      : layer(layer_name), not_finite(channels, pool), overflow(channels, pool) {}
  void require_finite() const {
    const auto first = std::ranges::find(not_finite, 1);
    OCTET_CHECK(first == not_finite.end(), "layer ", layer, ": weight of output channel ",
                first - not_finite.begin(), " is not finite (training has diverged)");
  }
  /// Channels of `n` weights each.
  void require_no_overflow(std::int64_t n) const {
    const auto first = std::ranges::find(overflow, 1);
    OCTET_CHECK(first == overflow.end(), "layer ", layer, ": output channel ",
                first - overflow.begin(), " has ", n,
                " weights whose codes could overflow the accumulator: expected sum |q| * 255 < "
                "2^30");
  }

  std::string_view layer;
  PoolVector<std::uint8_t> not_finite, overflow;
};

bool overflows(Context& ctx, const std::int8_t* codes, std::int64_t n) {
  return sum_magnitudes(ctx.isa, codes, n) * 255 >= (std::int64_t{1} << 30);
}

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
  ChannelChecks checks(out.scale.size(), use.layer, ctx.pool);

  const auto largest = [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    const float value = largest_magnitude(ctx.isa, w + channel * n, n) * std::fabs(factor(c));
    checks.not_finite[c] = !std::isfinite(value);
    return value;
  };
  const auto encode = [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    encode_channel(ctx.isa, {w + channel * n, n, factor(c), out.scale[c], q + channel * n});
    checks.overflow[c] = overflows(ctx, q + channel * n, n);
  };
  if (spec().axis) {
    for_items(ctx, channels, n, [&](std::int64_t channel) {
      const auto c = static_cast<std::size_t>(channel);
      out.scale[c] = symmetric_scale(largest(channel), spec().highest());
      if (!checks.not_finite[c]) encode(channel);
    });
    checks.require_finite();
  } else {
    for_items(ctx, channels, n, [&](std::int64_t channel) {
      out.scale[static_cast<std::size_t>(channel)] = largest(channel);
    });
    checks.require_finite();
    float all = 0;
    for (const float one : out.scale) all = std::max(all, one);
    std::ranges::fill(out.scale, std::max(symmetric_scale(all, spec().highest()), use.min_scale));
    for_items(ctx, channels, n, encode);
  }
  checks.require_no_overflow(n);
  return out;
}

/// Scales that do not depend on the weights.
class StoredWeights final : public WeightQuantizer {
 public:
  explicit StoredWeights(std::vector<float> scales)
      : WeightQuantizer(scales.size() == 1 ? QuantSpec::per_tensor() : QuantSpec::per_channel()),
        scales_(std::move(scales)) {}
  bool folds_first() const noexcept override { return false; }
  WeightCodes quantize(Context& ctx, const Tensor& weight, const WeightUse& use) const override;

 private:
  std::vector<float> scales_;
};

WeightCodes StoredWeights::quantize(Context& ctx, const Tensor& weight,
                                    const WeightUse& use) const {
  const std::int64_t channels = weight.shape()[0];
  const std::int64_t n = weight.numel() / std::max<std::int64_t>(channels, 1);
  OCTET_CHECK(scales_.size() == 1 || static_cast<std::int64_t>(scales_.size()) == channels,
              "layer ", use.layer, ": expected a scale for each of ", channels,
              " output channels, got ", scales_.size());
  WeightCodes out{ctx.empty(weight.shape(), ElementType::i8),
                  PoolVector<float>(static_cast<std::size_t>(channels), scales_[0], ctx.pool)};
  if (scales_.size() > 1) std::ranges::copy(scales_, out.scale.begin());
  ChannelChecks checks(out.scale.size(), use.layer, ctx.pool);
  const auto quantize = int8::quantize_kernel(ctx.isa);
  for_items(ctx, channels, n, [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    const real* w = weight.r() + channel * n;
    auto* q = out.codes.data<std::int8_t>() + channel * n;
    checks.not_finite[c] = !std::isfinite(largest_magnitude(ctx.isa, w, n));
    quantize(w, out.scale[c], 0, q, n);
    for (std::int64_t i = 0; i < n; ++i) q[i] = std::max<std::int8_t>(q[i], -127);
    checks.overflow[c] = overflows(ctx, q, n);
  });
  checks.require_finite();
  checks.require_no_overflow(n);
  return out;
}

}  // namespace

WeightQuantizerPtr make_stored_weight_quantizer(std::vector<float> scales) {
  OCTET_CHECK(!scales.empty(), "weights: expected scales");
  for (const float s : scales) {
    OCTET_CHECK(std::isfinite(s) && s > 0, "weights: expected finite scales > 0, got ", s);
  }
  return std::make_shared<StoredWeights>(std::move(scales));
}

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
