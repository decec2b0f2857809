// ABS: |q - z_in| + z_out where both scales are the same, else MBQM(|q - z_in|, s_in / s_out in
// double) + z_out.
#include <cstdlib>

#include "int8/reference/fixed_point.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/tables/unary.h"

namespace octet::int8 {

constexpr UnaryOp abs_op{
    .codes =
        [](const UnaryArgs& a) {
          if (a.in.scale == a.out.scale)
            return tabulate(
                [&](int q) { return std::abs(q - a.in.zero_point) + a.out.zero_point; });
          const char* what = "input scale / output scale";
          const Multiplier m = checked_multiplier(
              static_cast<double>(a.in.scale) / static_cast<double>(a.out.scale), a.rounding, what);
          check_no_overflow(255, m, what);
          return tabulate([&](int q) {
            return multiply_by_quantized_multiplier(std::abs(q - a.in.zero_point), m, a.rounding) +
                   a.out.zero_point;
          });
        },
    .min_output_scale = least_rescaled};

}  // namespace octet::int8
