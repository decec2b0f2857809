#include "int8/reference/xnnpack/float_add.h"

#include <algorithm>
#include <cmath>

namespace octet::int8::xnnpack {

FloatAddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                               std::int32_t zo, bool subtract, ClampRange range) noexcept {
  const float r1 = s1 / so, r2 = s2 / so;
  const int bits = 20 - std::ilogb(std::max(r1, r2));
  // 21 bits at most: exact as a float, but for the rounding that is meant.
  const auto fixed = [bits](float r) {
    return static_cast<std::int32_t>(std::nearbyint(std::ldexp(r, bits)));
  };
  return {.z1 = z1,
          .z2 = z2,
          .zo = zo,
          .k1 = fixed(r1),
          .k2 = subtract ? -fixed(r2) : fixed(r2),
          .bits = bits,
          .range = range};
}

void add(const FloatAddParams& p, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  const std::int32_t half = 1 << (p.bits - 1);
  const std::int32_t constant = half - p.z1 * p.k1 - p.z2 * p.k2;
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = p.range.clamp(((a[i] * p.k1 + b[i] * p.k2 + constant) >> p.bits) + p.zo);
}

}  // namespace octet::int8::xnnpack
