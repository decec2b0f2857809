// RSQRT: MBQM(r, 2^-20 / (sqrt(s_in) s_out)) + z_out with r = 2^20 / sqrt(q - z_in) from five steps
// of Newton's method in fixed point. Codes up to z_in, where the function has no value, give 127.
#include <bit>
#include <cmath>

#include "int8/reference/fixed_point.h"
#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/unary.h"

namespace octet::int8 {
namespace {

constexpr int fraction_bits = 20;

/// 1 / sqrt(v) for 1 <= v <= 255.
Multiplier inverse_sqrt(std::int32_t v) noexcept {
  if (v == 1) return {2147483647, 0};
  // v 4^pairs is in [2^27, 2^29): in Q3 its half is in [1/4, 1).
  const int pairs = (std::countl_zero(static_cast<std::uint32_t>(v)) - 1) / 2 - 1;
  const std::int32_t half = rounding_divide_by_pot((v << (2 * pairs)) >> 1, 1);
  constexpr std::int32_t three_halves = 3 << 27, half_sqrt_2 = 1518500250;  // Q3, Q0
  std::int32_t x = 1 << 28;
  for (int step = 0; step < 5; ++step) {
    const std::int32_t cube = shift_left_saturating(srdhm(srdhm(x, x), x), 6);
    x = shift_left_saturating(srdhm(three_halves, x) - srdhm(half, cube), 3);
  }
  return {srdhm(x, half_sqrt_2), pairs - 11};
}

}  // namespace

constexpr UnaryOp rsqrt_op{.codes = [](const UnaryArgs& a) {
  const char* what = "1 / (sqrt(input scale) * output scale)";
  Multiplier m = checked_multiplier(
      1.0 / (std::sqrt(static_cast<double>(a.in.scale)) * static_cast<double>(a.out.scale)),
      a.rounding, what);
  m.shift -= fraction_bits;
  check_no_overflow(1 << fraction_bits, m, what);
  return tabulate([&](int q) {
    const std::int32_t v = q - a.in.zero_point;
    if (v <= 0) return 128;
    Multiplier r = inverse_sqrt(v);
    r.shift += fraction_bits;
    return multiply_by_quantized_multiplier(multiply_by_quantized_multiplier(1, r, a.rounding), m,
                                            a.rounding) +
           a.out.zero_point;
  });
}};

}  // namespace octet::int8
