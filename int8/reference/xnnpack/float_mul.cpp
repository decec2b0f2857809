#include "int8/reference/xnnpack/float_mul.h"

#include "int8/reference/float_rounding.h"

namespace octet::int8::xnnpack {

void mul(const FloatMulParams& p, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = p.range.clamp(scale_in_float((a[i] - p.z1) * (b[i] - p.z2), p.factor) + p.zo);
}

}  // namespace octet::int8::xnnpack
