#include "int8/reference/xnnpack/float_add.h"

#include <algorithm>
#include <cmath>

namespace octet::int8::xnnpack {

FloatAddParams make_add_params(QuantParams a, QuantParams b, QuantParams out, bool subtract,
                               ClampRange range) noexcept {
  const float r1 = a.scale / out.scale, r2 = b.scale / out.scale;
  const int bits = 20 - std::ilogb(std::max(r1, r2));
  // 21 bits at most: exact as a float, but for the rounding that is meant.
  const auto fixed = [bits](float r) {
    return static_cast<std::int32_t>(std::nearbyint(std::ldexp(r, bits)));
  };
  return {.z1 = a.zero_point,
          .z2 = b.zero_point,
          .zo = out.zero_point,
          .k1 = fixed(r1),
          .k2 = subtract ? -fixed(r2) : fixed(r2),
          .bits = bits,
          .range = range};
}

void add(const FloatAddParams& p, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = p.range.clamp(preclamp(p, a[i], b[i]));
}

}  // namespace octet::int8::xnnpack
