#include "int8/reference/xnnpack/float_log_softmax.h"

#include <algorithm>

#include "int8/reference/fixed_point.h"
#include "int8/reference/float_rounding.h"
#include "int8/reference/real_functions.h"

namespace octet::int8::xnnpack {

void log_softmax_row(const FloatLogSoftmaxParams& p, const std::int8_t* x, std::int8_t* y,
                     std::int64_t depth) noexcept {
  const int largest = *std::max_element(x, x + depth);
  float sum = 0;
  for (std::int64_t i = 0; i < depth; ++i)
    sum += p.exponentials[static_cast<std::size_t>(largest - x[i])];
  const float log_sum = static_cast<float>(log_of(static_cast<double>(sum)));
  const float top = p.s_in * static_cast<float>(largest);
  const float taken_off = top + log_sum;
  for (std::int64_t i = 0; i < depth; ++i) {
    const float real = p.s_in * static_cast<float>(x[i]);
    y[i] = clamp_to_int8(nearest_even((real - taken_off) * 16.0f) + 127);
  }
}

}  // namespace octet::int8::xnnpack
