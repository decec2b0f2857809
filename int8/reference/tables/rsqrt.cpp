// RSQRT: MBQM(r, 2^-20 / (sqrt(s_in) s_out)) + z_out with r = 2^20 / sqrt(q - z_in) from five steps
// of Newton's method in fixed point. Codes up to z_in, where the function has no value, give 127.
#include <cmath>

#include "int8/reference/fixed_point.h"
#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {
namespace {

constexpr int fraction_bits = 20;

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
