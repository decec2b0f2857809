#include "int8/reference/xnnpack/float_softmax.h"

#include <algorithm>
#include <cmath>

#include "int8/reference/fixed_point.h"
#include "int8/reference/real_functions.h"

namespace octet::int8::xnnpack {

Exponentials::Exponentials(float beta, float s_in) noexcept {
  const float step = -beta * s_in;
  for (std::size_t d = 0; d < size(); ++d)
    (*this)[d] = static_cast<float>(exp_of(step * static_cast<float>(d)));
}

void softmax_row(const Exponentials& table, const std::int8_t* x, std::int8_t* y,
                 std::int64_t depth) noexcept {
  const int largest = *std::max_element(x, x + depth);
  const auto exponential = [&](std::int8_t q) {
    return table[static_cast<std::size_t>(largest - q)];
  };
  float sum = 0;
  for (std::int64_t i = 0; i < depth; ++i) sum += exponential(x[i]);
  const float inverse = 1.0f / (sum * (1.0f / 256));
  for (std::int64_t i = 0; i < depth; ++i)
    y[i] = clamp_to_int8(static_cast<std::int32_t>(std::round(exponential(x[i]) * inverse)) - 128);
}

}  // namespace octet::int8::xnnpack
