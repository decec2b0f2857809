#include "quant/params.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

}  // namespace octet::quant
