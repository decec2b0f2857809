#include "quant/fold.h"

#include <algorithm>
#include <cmath>

#include "int8/reference/multipliers.h"
#include "quant/params.h"

namespace octet::quant {

namespace {

constexpr double bias_limit = 0x1p30;

double bias_code(double b, double s_x, float s_f) {
  return std::round(b / (s_x * double(s_f)));
}

float min_scale_beside(double b, double s_x) {
  const float s =
      std::max(static_cast<float>(std::fabs(b) / (s_x * bias_limit)), weight_scale_floor);
  // s was rounded to float: one step up keeps the code within the limit.
  return std::fabs(bias_code(b, s_x, s)) > bias_limit ? std::nextafter(s, 2 * s) : s;
}

template <class T>
PoolVector<T> filled(std::size_t n, PoolAllocator<float> memory) {
  return PoolVector<T>(n, T{}, PoolAllocator<T>(memory));
}

}  // namespace

Affine affine_of(const FoldInput& in, std::size_t channels, PoolAllocator<float> memory) {
  const bool bn = !in.gamma.empty();
  OCTET_DCHECK(!bn || (in.beta.size() == channels && in.mean.size() == channels));
  Affine out{filled<double>(channels, memory), filled<double>(channels, memory),
             filled<double>(channels, memory), filled<double>(channels, memory)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = bn ? in.mean[c] : 0.0;
    const double sigma = bn ? std::sqrt(in.var[c] + in.eps) : 1.0;
    const double f = bn ? double(in.gamma[c]) / sigma : 1.0;
    const double beta = bn ? double(in.beta[c]) : (in.bias.empty() ? 0.0 : double(in.bias[c]));
    const double b = beta - mean * f;
    OCTET_CHECK(std::isfinite(f) && std::isfinite(b), "layer ", in.layer, ": output channel ", c,
                ": batch norm or bias is not finite (training has diverged)");
    out.f[c] = f;
    out.sigma[c] = sigma;
    out.mean[c] = mean;
    out.b[c] = b;
  }
  return out;
}

float min_scale_beside(const Affine& affine, float input_scale) {
  float least = weight_scale_floor;
  for (const double b : affine.b) {
    least = std::max(least, min_scale_beside(b, double(input_scale)));
  }
  return least;
}

Folded fold(const FoldInput& in, Affine affine, PoolAllocator<float> memory) {
  const std::size_t channels = in.weight_scale.size();
  const bool floats = in.rounding == int8::Rounding::float_rounding;
  Folded out{filled<float>(channels, memory),
             filled<std::int32_t>(channels, memory),
             filled<std::int32_t>(channels, memory),
             filled<int8::Multiplier>(floats ? 0 : channels, memory),
             filled<float>(floats ? channels : 0, memory),
             std::move(affine.f),
             std::move(affine.sigma),
             std::move(affine.mean)};
  const double s_x = double(in.input_scale);
  for (std::size_t c = 0; c < channels; ++c) {
    const double b = affine.b[c];
    const double f = in.factor_in_codes ? 1.0 : out.f[c];
    float s_f = static_cast<float>(double(in.weight_scale[c]) * std::fabs(f));
    double code = s_f > 0 ? bias_code(b, s_x, s_f) : 0.0;
    int sign = f < 0 ? -1 : 1;
    if (s_f < weight_scale_floor || std::fabs(code) > bias_limit) {  // line 9: constant
      sign = 0;
      s_f = min_scale_beside(b, s_x);
      code = bias_code(b, s_x, s_f);
    }
    out.scale[c] = s_f;
    out.sign[c] = sign;
    out.bias[c] = static_cast<std::int32_t>(code);
  }
  try {
    if (floats) {
      int8::conv_factors(in.input_scale, out.scale, in.output.scale, out.factor);
    } else {
      int8::conv_multipliers(in.input_scale, out.scale, in.output.scale, in.rounding,
                             out.multiplier);
    }
  } catch (const Error& e) {
    fail("layer ", in.layer, ": ", e.what());
  }
  return out;
}

Folded fold(const FoldInput& in, PoolAllocator<float> memory) {
  return fold(in, affine_of(in, in.weight_scale.size(), memory), memory);
}

}  // namespace octet::quant
