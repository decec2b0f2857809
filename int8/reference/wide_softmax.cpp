#include "int8/reference/wide_softmax.h"

#include <algorithm>
#include <bit>

#include "int8/reference/fixed_point_functions.h"

namespace octet::int8 {

std::int32_t sum_of_exponentials(const SoftmaxParams& params, std::int8_t largest,
                                 const std::int8_t* x, std::int64_t depth) noexcept {
  const std::int32_t* term = params.terms_below(largest);
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < depth; ++i) sum += term[x[i]];
  return sum;
}

void softmax_row_i16(const SoftmaxParams& params, const std::int8_t* x, std::int16_t* y,
                     std::int64_t depth) noexcept {
  const std::int8_t largest = *std::max_element(x, x + depth);
  const auto sum = static_cast<std::uint32_t>(sum_of_exponentials(params, largest, x, depth));
  // sum = 2^bits * (1 + fraction), 0 <= bits < 12, fraction in Q0.
  const int headroom = std::countl_zero(sum), bits = 12 - headroom;
  const std::int32_t inverse =
      one_over_one_plus(static_cast<std::int32_t>((sum << headroom) - (std::uint32_t{1} << 31)));
  const std::int32_t* exponential = params.exponentials_below(largest);
  for (std::int64_t i = 0; i < depth; ++i) {
    const std::int32_t product = srdhm(inverse, exponential[x[i]]);
    const std::int32_t code = rounding_divide_by_pot(product, bits + 15) - 32768;
    y[i] = static_cast<std::int16_t>(std::min(code, 32767));
  }
}

}  // namespace octet::int8
