#include "int8/reference/xnnpack/float_quantize.h"

#include "int8/reference/fixed_point.h"
#include "int8/reference/float_rounding.h"

namespace octet::int8::xnnpack {

void quantize(const float* x, float scale, std::int32_t zero_point, std::int8_t* y,
              std::int64_t n) noexcept {
  const float inverse = 1.0f / scale;
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = clamp_to_int8(nearest_even(x[i] * inverse) + zero_point);
}

}  // namespace octet::int8::xnnpack
