#include "quant/fold.h"

#include <cmath>

#include "int8/reference/multipliers.h"
#include "quant/params.h"

namespace octet::quant {

Folded fold(const FoldInput& in, PoolAllocator<float> memory) {
  const std::size_t channels = in.weight_scale.size();
  const bool bn = !in.gamma.empty();
  OCTET_DCHECK(!bn || (in.beta.size() == channels && in.mean.size() == channels));
  const auto filled = [&](auto zero) {
    return PoolVector<decltype(zero)>(channels, zero, PoolAllocator<decltype(zero)>(memory));
  };
  Folded out{filled(0.0f),
             filled(std::int32_t{0}),
             filled(std::int32_t{0}),
             filled(int8::Multiplier{}),
             filled(0.0),
             filled(0.0),
             filled(0.0)};
  constexpr double bias_limit = 0x1p30;
  const double s_x = double(in.input_scale);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = bn ? in.mean[c] : 0.0;
    const double sigma = bn ? std::sqrt(in.var[c] + in.eps) : 1.0;
    const double f = bn ? double(in.gamma[c]) / sigma : 1.0;
    const double beta = bn ? double(in.beta[c]) : (in.bias.empty() ? 0.0 : double(in.bias[c]));
    const double b = beta - mean * f;
    OCTET_CHECK(std::isfinite(f) && std::isfinite(b), "layer ", in.layer, ": output channel ", c,
                ": batch norm or bias is not finite (training has diverged)");
    float s_f = static_cast<float>(double(in.weight_scale[c]) * std::fabs(f));
    double code = s_f > 0 ? std::round(b / (s_x * double(s_f))) : 0.0;
    int sign = f < 0 ? -1 : 1;
    if (s_f < weight_scale_floor || std::fabs(code) > bias_limit) {  // line 9: constant
      sign = 0;
      s_f = std::max(static_cast<float>(std::fabs(b) / (s_x * bias_limit)), weight_scale_floor);
      code = std::round(b / (s_x * double(s_f)));
      // s_f was rounded to float: one step up keeps |code| within the limit.
      if (std::fabs(code) > bias_limit) {
        s_f = std::nextafter(s_f, 2 * s_f);
        code = std::round(b / (s_x * double(s_f)));
      }
    }
    out.scale[c] = s_f;
    out.sign[c] = sign;
    out.bias[c] = static_cast<std::int32_t>(code);
    out.f[c] = f;
    out.sigma[c] = sigma;
    out.mean[c] = mean;
  }
  try {
    int8::conv_multipliers(in.input_scale, out.scale, in.output.scale, in.rounding, out.multiplier);
  } catch (const Error& e) {
    fail("layer ", in.layer, ": ", e.what());
  }
  return out;
}

}  // namespace octet::quant
