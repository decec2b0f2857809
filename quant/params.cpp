#include "quant/params.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet::quant {

namespace {

QuantParams covering_params(double min, double max, float min_scale, const QuantSpec& spec) {
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max) && min <= max,
              "activation range: expected finite min <= max, got [", min, ", ", max, "]");
  min = std::min(min, 0.0);
  max = std::max(max, 0.0);
  const int lowest = spec.lowest(), highest = spec.highest();
  const double steps = spec.symmetric ? std::max(max, -min) / double(highest)
                                      : (max - min) / double(highest - lowest);
  const float scale = std::max(static_cast<float>(steps), min_scale);
  OCTET_CHECK(std::isfinite(scale), "activation range: [", min, ", ", max,
              "] is wider than a float scale reaches");
  if (spec.symmetric) return {scale, 0};
  const double zero_point = std::round(double(lowest) - min / double(scale));
  return {scale,
          static_cast<std::int32_t>(std::clamp(zero_point, double(lowest), double(highest)))};
}

}  // namespace

QuantParams activation_params(double min, double max, const QuantSpec& spec) {
  return covering_params(min, max, activation_scale_floor, spec);
}

float symmetric_scale(float largest, int highest) {
  return std::max(largest / static_cast<float>(highest), weight_scale_floor);
}

QuantParams spec_params(const QuantSpec& spec, const RealRange& range) {
  if (spec.symmetric) {
    const double largest = std::max(std::fabs(range.min), std::fabs(range.max));
    const float scale = symmetric_scale(static_cast<float>(largest), spec.highest());
    OCTET_CHECK(std::isfinite(scale), "range: [", range.min, ", ", range.max,
                "] is wider than a float scale reaches");
    return {scale, 0};
  }
  return activation_params(range.min, range.max, spec);
}

QuantParams constant_params(double min, double max, const QuantSpec& spec) {
  return covering_params(min, max, constant_scale_floor, spec);
}

QuantParams exact_params(float value) {
  return {std::max(std::fabs(value) / 127.0f, constant_scale_floor), 0};
}

QuantParams input_params(std::span<const float> mean, std::span<const float> std,
                         const QuantSpec& spec) {
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
  if (!spec.symmetric && same && mean[0] == std::floor(mean[0]) && mean[0] >= 0 && mean[0] <= 255) {
    return {static_cast<float>(1.0 / double(std[0])), static_cast<std::int32_t>(mean[0]) - 128};
  }
  return covering_params(min, max, std::numeric_limits<float>::min(), spec);
}

}  // namespace octet::quant
