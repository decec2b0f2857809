#include "int8/reference/mul.h"

#include "int8/reference/multipliers.h"

namespace octet::int8 {

MulParams make_mul_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  const double real = static_cast<double>(s1) * static_cast<double>(s2) / static_cast<double>(so);
  const char* what = "input scale * input scale / output scale";
  const MulParams params{.z1 = z1,
                         .z2 = z2,
                         .zo = zo,
                         .m = checked_multiplier(real, rounding, what),
                         .rounding = rounding,
                         .range = clamp_range(activation, so, zo)};
  check_no_overflow(255 * 255, params.m, what);
  return params;
}

void mul(const MulParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = params.range.clamp(preclamp(params, a[i], b[i]));
}

}  // namespace octet::int8
