#include "int8/reference/add.h"

#include <algorithm>

#include "base/error.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

Multiplier below_one(double real, Rounding rounding, const char* what) {
  OCTET_CHECK(real > 0.0 && real < 1.0, what, ": expected in (0, 1), got ", real);
  const Multiplier m = checked_multiplier(real, rounding, what);
  OCTET_CHECK(m.shift <= 0, what, ": expected in (0, 1) after rounding, got ", real);
  return m;
}

}  // namespace

AddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  const double twice_max = 2.0 * static_cast<double>(std::max(s1, s2));
  const double widened = (1 << AddParams::left_shift) * static_cast<double>(so);
  return {.z1 = z1,
          .z2 = z2,
          .zo = zo,
          .m1 = below_one(static_cast<double>(s1) / twice_max, rounding,
                          "multiplier of the first input"),
          .m2 = below_one(static_cast<double>(s2) / twice_max, rounding,
                          "multiplier of the second input"),
          .mo = below_one(twice_max / widened, rounding,
                          "output multiplier 2 * max(input scales) / (2^20 * output scale)"),
          .subtract = false,
          .rounding = rounding,
          .range = clamp_range(activation, so, zo)};
}

AddParams make_sub_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  AddParams params = make_add_params(s1, z1, s2, z2, so, zo, activation, rounding);
  params.subtract = true;
  return params;
}

void add(const AddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = params.range.clamp(add_preclamp(params, a[i], b[i]));
}

}  // namespace octet::int8
