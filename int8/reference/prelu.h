// PRELU: negative values are multiplied by an int8 alpha, broadcast over the input.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

struct PreluParams {
  std::int32_t z_in = 0, z_alpha = 0, z_out = 0;
  Multiplier identity, negative;
  Rounding rounding = Rounding::single_rounding;
};

/// M1 = double(s_in) / double(s_out), M2 = double(s_in) * double(s_alpha) / double(s_out).
PreluParams make_prelu_params(float s_in, std::int32_t z_in, float s_alpha, std::int32_t z_alpha,
                              float s_out, std::int32_t z_out, Rounding rounding);

/// The output code before it is clamped to int8, zero point included.
inline std::int32_t prelu_preclamp(const PreluParams& p, std::int8_t x,
                                   std::int8_t alpha) noexcept {
  const std::int32_t v = x - p.z_in;
  const std::int32_t scaled =
      v >= 0 ? multiply_by_quantized_multiplier(v, p.identity, p.rounding)
             : multiply_by_quantized_multiplier(v * (alpha - p.z_alpha), p.negative, p.rounding);
  return scaled + p.z_out;
}

/// y[i] = clamp_to_int8(prelu_preclamp(x[i], alpha[i])), portable. y may be x.
using PreluFunction = void(const PreluParams& params, const std::int8_t* x,
                           const std::int8_t* alpha, std::int8_t* y, std::int64_t n) noexcept;
PreluFunction prelu;

}  // namespace octet::int8
