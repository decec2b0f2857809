#include "int8/reference/l2_normalization.h"

#include "int8/reference/fixed_point_functions.h"

namespace octet::int8 {

void l2_normalization_row(const std::int8_t* x, std::int32_t z_in, Rounding rounding,
                          std::int8_t* y, std::int64_t depth) noexcept {
  constexpr int fraction_bits = 7;
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < depth; ++i) sum += (x[i] - z_in) * (x[i] - z_in);
  Multiplier m = inverse_sqrt(sum);
  m.shift += fraction_bits;
  for (std::int64_t i = 0; i < depth; ++i) {
    y[i] = clamp_to_int8(multiply_by_quantized_multiplier(x[i] - z_in, m, rounding));
  }
}

}  // namespace octet::int8
