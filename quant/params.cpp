#include "quant/params.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/simd/vec_generic.h"
#include "core/kernels/common.h"
#include "int8/reference/quantize.h"

namespace octet::quant {

namespace {

QuantParams covering_params(double min, double max, float least_scale) {
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max) && min <= max,
              "activation range: expected finite min <= max, got [", min, ", ", max, "]");
  min = std::min(min, 0.0);
  max = std::max(max, 0.0);
  const float scale = std::max(static_cast<float>((max - min) / 255.0), least_scale);
  const double zero_point = std::round(-128.0 - min / double(scale));
  return {scale, static_cast<std::int32_t>(std::clamp(zero_point, -128.0, 127.0))};
}

}  // namespace

QuantParams activation_params(double min, double max) {
  return covering_params(min, max, activation_scale_floor);
}

QuantParams constant_params(double min, double max) {
  return covering_params(min, max, constant_scale_floor);
}

QuantParams exact_params(float value) {
  return {std::max(std::fabs(value) / 127.0f, constant_scale_floor), 0};
}

Tensor quantize_constant(Context& ctx, const Tensor& constant, QuantParams params) {
  Tensor codes = ctx.empty(constant.shape(), DType::i8);
  int8::quantize(constant.data<float>(), params.scale, params.zero_point, codes.data<std::int8_t>(),
                 codes.numel());
  return codes;
}

QuantParams input_params(std::span<const float> mean, std::span<const float> std) {
  OCTET_CHECK(!mean.empty() && mean.size() == std.size(),
              "normalization: expected as many means as standard deviations, got ", mean.size(),
              " and ", std.size());
  bool same = true;
  double min = 0, max = 0;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    OCTET_CHECK(std::isfinite(mean[c]) && std::isfinite(std[c]) && std[c] > 0,
                "normalization of channel ", c, ": expected a finite mean and std > 0, got ",
                mean[c], " and ", std[c]);
    same = same && mean[c] == mean[0] && std[c] == std[0];
    min = std::min(min, (0.0 - double(mean[c])) / double(std[c]));
    max = std::max(max, (255.0 - double(mean[c])) / double(std[c]));
  }
  if (same && mean[0] == std::floor(mean[0]) && mean[0] >= 0 && mean[0] <= 255) {
    return {static_cast<float>(1.0 / double(std[0])), static_cast<std::int32_t>(mean[0]) - 128};
  }
  return covering_params(min, max, std::numeric_limits<float>::min());
}

namespace {

struct Channel {
  const real* w;
  std::int64_t n;
  float scale;
  std::int8_t* codes;
};
// Half away from zero: |w / s| is hardly above 127, and a half is exact in float.
template <bool part, int lanes>
OCTET_INLINE void quantize_lanes(Lanes<lanes> of, const Channel& c, std::int64_t i,
                                 std::int64_t n) {
  using Floats = typename Lanes<lanes>::Floats;
  using Ints = typename Lanes<lanes>::Ints;
  Floats w;
  load_if<part>(w, c.w + i, n);
  const Floats r = w / c.scale;
  const Ints whole = __builtin_convertvector(r, Ints);
  const Floats rest = r - __builtin_convertvector(whole, Floats);
  const Ints code = whole - (rest >= 0.5f) + (rest <= -0.5f);  // comparisons give -1 or 0
  typename Lanes<lanes>::Codes codes;
  narrow(of, code, codes);
  store_if<part>(codes, c.codes + i, n);
}
template <int lanes>
OCTET_INLINE void quantize_all(Lanes<lanes> of, const Channel& channel) noexcept {
  const Channel c = channel;  // else every store could change it
  std::int64_t i = 0;
  for (; i + lanes <= c.n; i += lanes) quantize_lanes<false>(of, c, i, lanes);
  if (i < c.n) quantize_lanes<true>(of, c, i, c.n - i);
}
OCTET_LANES_FUNCTION(quantize_channel, quantize_all, const Channel&)

/// Largest |w| as the bits of a float (which order as integers do, NaN above infinity), and
/// sum |codes|: integers, so the order of the loop does not matter.
struct Reduction {
  const real* w;
  const std::int8_t* codes;
  std::int64_t n;
  std::int32_t* largest_bits;
  std::int64_t* sum;
};
OCTET_INLINE void reduce_largest(const Reduction& a) noexcept {
  const real* __restrict w = a.w;
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < a.n; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(static_cast<float>(w[i])) & 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  *a.largest_bits = largest;
}
OCTET_SIMD_FUNCTION(largest_magnitude, reduce_largest, const Reduction&)

OCTET_INLINE void reduce_codes(const Reduction& a) noexcept {
  const std::int8_t* __restrict codes = a.codes;
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < a.n; ++i) sum += codes[i] < 0 ? -codes[i] : codes[i];
  *a.sum = sum;
}
OCTET_SIMD_FUNCTION(sum_magnitudes, reduce_codes, const Reduction&)

}  // namespace

WeightCodes quantize_weight(Context& ctx, const Tensor& weight, std::string_view layer) {
  const std::int64_t channels = weight.shape()[0];
  const std::int64_t n = weight.numel() / std::max<std::int64_t>(channels, 1);
  WeightCodes out{ctx.empty(weight.shape(), DType::i8),
                  PoolVector<float>(static_cast<std::size_t>(channels), ctx.pool)};
  const real* w = weight.r();
  auto* q = out.codes.data<std::int8_t>();
  constexpr std::int32_t infinity = 0x7f800000;
  // The first channel that fails, by kind: the message must not depend on the threads.
  PoolVector<std::uint8_t> not_finite(static_cast<std::size_t>(channels), ctx.pool);
  PoolVector<std::uint8_t> overflow(not_finite.size(), ctx.pool);
  const auto find_largest = largest_magnitude(ctx.isa), add_codes = sum_magnitudes(ctx.isa);
  const auto quantize = quantize_channel(ctx.isa);
  for_items(ctx, channels, n, [&](std::int64_t channel) {
    const auto c = static_cast<std::size_t>(channel);
    std::int32_t bits = 0;
    std::int64_t sum = 0;
    const Reduction reduction{w + channel * n, q + channel * n, n, &bits, &sum};
    find_largest(reduction);
    not_finite[c] = bits >= infinity;
    if (not_finite[c]) return;
    out.scale[c] = std::max(std::bit_cast<float>(bits) / 127.0f, weight_scale_floor);
    quantize({w + channel * n, n, out.scale[c], q + channel * n});
    add_codes(reduction);
    overflow[c] = sum * 255 >= (std::int64_t{1} << 30);
  });
  const auto first = [](const PoolVector<std::uint8_t>& flags) {
    return std::find(flags.begin(), flags.end(), 1) - flags.begin();
  };
  OCTET_CHECK(first(not_finite) == channels, "layer ", layer, ": weight of output channel ",
              first(not_finite), " is not finite (training has diverged)");
  OCTET_CHECK(first(overflow) == channels, "layer ", layer, ": output channel ", first(overflow),
              " has ", n,
              " weights whose codes could overflow the accumulator: expected sum |q| * 255 < 2^30");
  return out;
}

}  // namespace octet::quant
