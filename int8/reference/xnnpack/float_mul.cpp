#include "int8/reference/xnnpack/float_mul.h"

namespace octet::int8::xnnpack {

FloatMulParams make_mul_params(QuantParams a, QuantParams b, QuantParams out,
                               ClampRange range) noexcept {
  const float product = a.scale * b.scale;
  return {.z1 = a.zero_point,
          .z2 = b.zero_point,
          .zo = out.zero_point,
          .factor = product / out.scale,
          .range = range};
}

void mul(const FloatMulParams& p, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = p.range.clamp(preclamp(p, a[i], b[i]));
}

}  // namespace octet::int8::xnnpack
