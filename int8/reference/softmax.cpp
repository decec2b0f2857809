#include "int8/reference/softmax.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"
#include "int8/reference/fixed_point_functions.h"

namespace octet::int8 {
namespace {
constexpr int accumulation_bits = 12;
constexpr std::int64_t run = 4095;  ///< terms whose sum fits
}  // namespace

SoftmaxParams make_softmax_params(float beta, float s_in, Rounding rounding) {
  // Differences become Q5.26 for exp().
  const double limit = rounding == Rounding::single_rounding ? 1073741823.0 : 2147483647.0;
  const double real = static_cast<double>(beta) * static_cast<double>(s_in) * (1 << 26);
  OCTET_CHECK(std::isfinite(real) && real > 1.0,
              "beta * input scale * 2^26: expected finite and above 1, got ", real);
  const Multiplier m = quantize_multiplier(std::min(real, limit), rounding);
  const double radius = std::floor(31.0 * (1 << 26) / std::ldexp(1.0, m.shift));
  SoftmaxParams params;
  for (int d = 0; d <= 255 && d <= radius; ++d) {
    const std::int32_t z = multiply_by_quantized_multiplier(-d, m, rounding);
    const auto at = static_cast<std::size_t>(255 - d);
    params.exponentials[at] = exp_on_negative_values(z, 5);
    params.terms[at] = rounding_divide_by_pot(params.exponentials[at], accumulation_bits);
  }
  return params;
}

SoftmaxRow softmax_sum(const SoftmaxParams& params, std::int8_t largest, const std::int8_t* x,
                       std::int64_t depth) noexcept {
  const std::int32_t* term = params.terms_below(largest);
  std::int64_t total = 0;  // Q12.19
  for (std::int64_t begin = 0; begin < depth; begin += run) {
    std::int32_t sum = 0;
    for (std::int64_t i = begin; i < std::min(begin + run, depth); ++i) sum += term[x[i]];
    total += sum;
  }
  if (total >= std::int64_t{1} << 28) return {0, 31};  // every quotient rounds to 0
  const auto sum = static_cast<std::uint32_t>(total);
  // sum = 2^bits * (1 + fraction), fraction in Q0.
  const int headroom = std::countl_zero(sum);
  const auto fraction = static_cast<std::int32_t>((sum << headroom) - (std::uint32_t{1} << 31));
  return {one_over_one_plus(fraction), accumulation_bits - headroom + 23};
}

void softmax_row(const SoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                 std::int64_t depth) noexcept {
  const std::int8_t largest = *std::max_element(x, x + depth);
  const SoftmaxRow row = softmax_sum(params, largest, x, depth);
  const std::int32_t* exponential = params.exponentials_below(largest);
  for (std::int64_t i = 0; i < depth; ++i) {
    const std::int32_t product = srdhm(row.inverse, exponential[x[i]]);
    y[i] = clamp_to_int8(rounding_divide_by_pot(product, row.exponent) - 128);
  }
}

}  // namespace octet::int8
