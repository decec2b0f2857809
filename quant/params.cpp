#include "quant/params.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>

namespace octet::quant {

QuantParams activation_params(double min, double max) {
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max) && min <= max,
              "activation range: expected finite min <= max, got [", min, ", ", max, "]");
  min = std::min(min, 0.0);
  max = std::max(max, 0.0);
  const float scale = std::max(static_cast<float>((max - min) / 255.0), activation_scale_floor);
  const double zero_point = std::round(-128.0 - min / double(scale));
  return {scale, static_cast<std::int32_t>(std::clamp(zero_point, -128.0, 127.0))};
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
  return activation_params(min, max);
}

WeightCodes quantize_weight(Context& ctx, const Tensor& weight, std::string_view layer) {
  const std::int64_t channels = weight.shape()[0];
  const std::int64_t n = weight.numel() / std::max<std::int64_t>(channels, 1);
  WeightCodes out{ctx.empty(weight.shape(), DType::i8),
                  std::vector<float>(static_cast<std::size_t>(channels))};
  const real* w = weight.r();
  auto* q = out.codes.data<std::int8_t>();
  enum class Bad : int { none, not_finite, overflow };
  std::atomic<Bad> bad{Bad::none};
  std::atomic<std::int64_t> where{0};
  ctx.threads.run(channels, [&](std::int64_t c, int) {
    const real* wc = w + c * n;
    std::int8_t* qc = q + c * n;
    float largest = 0;
    bool finite = true;
    for (std::int64_t i = 0; i < n; ++i) {
      const float magnitude = std::fabs(static_cast<float>(wc[i]));
      finite = finite && magnitude <= std::numeric_limits<float>::max();  // false for NaN too
      largest = std::max(largest, magnitude);
    }
    if (!finite) {
      bad = Bad::not_finite;
      where = c;
      return;
    }
    const float scale = std::max(largest / 127.0f, weight_scale_floor);
    out.scale[static_cast<std::size_t>(c)] = scale;
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      // Half away from zero without libm: |w / s| <= 127 and a half is exact in float.
      const float r = static_cast<float>(wc[i]) / scale;
      const float whole = std::trunc(r);
      const float step = std::fabs(r - whole) >= 0.5f ? std::copysign(1.0f, r) : 0.0f;
      const int code = static_cast<int>(std::clamp(whole + step, -127.0f, 127.0f));
      qc[i] = static_cast<std::int8_t>(code);
      sum += std::abs(code);
    }
    if (sum * 255 >= (std::int64_t{1} << 30)) {
      bad = Bad::overflow;
      where = c;
    }
  });
  OCTET_CHECK(bad.load() != Bad::not_finite, "layer ", layer, ": weight of output channel ",
              where.load(), " is not finite (training has diverged)");
  OCTET_CHECK(bad.load() != Bad::overflow, "layer ", layer, ": output channel ", where.load(),
              " has ", n,
              " weights whose codes could overflow the accumulator: expected "
              "sum |q| * 255 < 2^30");
  return out;
}

}  // namespace octet::quant
