#include "int8/reference/prelu.h"

#include "int8/reference/multipliers.h"

namespace octet::int8 {

PreluParams make_prelu_params(float s_in, std::int32_t z_in, float s_alpha, std::int32_t z_alpha,
                              float s_out, std::int32_t z_out, Rounding rounding) {
  const char* identity_what = "input scale / output scale";
  const char* negative_what = "input scale * alpha scale / output scale";
  const double identity = static_cast<double>(s_in) / static_cast<double>(s_out);
  const double negative =
      static_cast<double>(s_in) * static_cast<double>(s_alpha) / static_cast<double>(s_out);
  const PreluParams params{.z_in = z_in,
                           .z_alpha = z_alpha,
                           .z_out = z_out,
                           .identity = checked_multiplier(identity, rounding, identity_what),
                           .negative = checked_multiplier(negative, rounding, negative_what),
                           .rounding = rounding};
  check_no_overflow(255, params.identity, identity_what);
  check_no_overflow(255 * 255, params.negative, negative_what);
  return params;
}

void prelu(const PreluParams& params, const std::int8_t* x, const std::int8_t* alpha,
           std::int8_t* y, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = clamp_to_int8(prelu_preclamp(params, x[i], alpha[i]));
}

}  // namespace octet::int8
