#include "int8/reference/xnnpack/float_mean.h"

#include "int8/reference/fixed_point.h"
#include "int8/reference/reduction_sums.h"

namespace octet::int8::xnnpack {

FloatMeanParams make_float_mean_params(QuantParams in, QuantParams out, std::int64_t n,
                                       bool mean) noexcept {
  const float ratio = in.scale / out.scale;
  const float factor = mean ? ratio * (1.0f / static_cast<float>(n)) : ratio;
  const float offset = static_cast<float>(n * in.zero_point) * factor;
  return {factor, static_cast<float>(out.zero_point) - offset};
}

void mean(const FloatMeanParams& p, const ReductionLayout& layout, const std::int8_t* x,
          std::int64_t begin, std::int64_t end, std::int8_t* y) noexcept {
  for_each_sum(layout, x, begin, end,
               [&](std::int32_t sum) { *y++ = clamp_to_int8(mean_preclamp(p, sum)); });
}

}  // namespace octet::int8::xnnpack
