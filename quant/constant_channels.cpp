#include "quant/constant_channels.h"

#include <algorithm>

#include "int8/reference/conv.h"

namespace octet::quant {

int constant_channels(const Tensor& codes, const Folded& folded, QuantParams in, QuantParams out,
                      int8::ClampRange range, int8::Rounding rounding) {
  const std::int32_t lowest = -128 - in.zero_point, highest = 127 - in.zero_point;
  const int8::Requantization by{.bias = folded.bias.data(),
                                .multiplier = folded.multiplier.data(),
                                .output_zero_point = out.zero_point,
                                .lo = range.lo,
                                .hi = range.hi,
                                .rounding = rounding,
                                .factor = folded.factor.empty() ? nullptr : folded.factor.data()};
  const auto* q = codes.data<std::int8_t>();
  const std::int64_t taps = codes.numel() / codes.shape()[0];
  int constant = 0;
  for (std::size_t c = 0; c < folded.sign.size(); ++c, q += taps) {
    std::int32_t least = folded.bias[c], most = folded.bias[c];
    for (std::int64_t i = 0; i < taps; ++i) {
      const std::int32_t w = folded.sign[c] * q[i];
      least += std::min(w * lowest, w * highest);
      most += std::max(w * lowest, w * highest);
    }
    const auto code = [&](std::int32_t sum) {
      return int8::requantize_sum(sum, static_cast<int>(c), by);
    };
    constant += code(least) == code(most);
  }
  return constant;
}

}  // namespace octet::quant
