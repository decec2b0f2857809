#include "int8/reference/add.h"

#include <algorithm>
#include <cmath>

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

double real_of(Multiplier by) noexcept {
  return std::ldexp(static_cast<double>(by.m), by.shift - 31);
}

AddShortcut shortcut_of(const AddParams& p) noexcept {
  constexpr double most = 2147483647.0;
  const double factor = real_of(p.mo) * (1 << AddParams::left_shift);
  const double first = factor * real_of(p.m1);
  const double second = factor * real_of(p.m2) * (p.subtract ? -1 : 1);
  // |w| < 2^31 with differences to zero points up to 255, and codes and halves up to 129.
  const double extent = 255 * (first + std::abs(second)) + 130;
  int bits = 0;
  while (bits < 24 && std::ldexp(extent, bits + 1) < most) ++bits;
  // The sum is off by at most 2, its product by half a unit of the last shift. Here both factors
  // are off by a half, 255 times.
  const double off = 2 * real_of(p.mo) + std::ldexp(0.5, p.mo.shift);
  constexpr double rare = 1.0 / 128;
  if (std::ldexp(off - rare, bits) > -258) return {};
  const auto margin = static_cast<std::int32_t>(std::ldexp(off, bits)) + 258;
  AddShortcut s{.first = static_cast<std::int32_t>(std::lround(std::ldexp(first, bits))),
                .second = static_cast<std::int32_t>(std::lround(std::ldexp(second, bits))),
                .margin = 2 * margin,
                .bits = bits};
  s.constant = static_cast<std::int32_t>(
      (std::int64_t{p.zo} << bits) + (std::int64_t{1} << (bits - 1)) + margin -
      std::int64_t{p.z1} * s.first - std::int64_t{p.z2} * s.second);  // modulo 2^32
  return s;
}

AddParams make(float s1, std::int32_t z1, float s2, std::int32_t z2, float so, std::int32_t zo,
               Activation activation, Rounding rounding, bool subtract) {
  const double twice_max = 2.0 * static_cast<double>(std::max(s1, s2));
  const double widened = (1 << AddParams::left_shift) * static_cast<double>(so);
  AddParams params{
      .z1 = z1,
      .z2 = z2,
      .zo = zo,
      .m1 =
          below_one(static_cast<double>(s1) / twice_max, rounding, "multiplier of the first input"),
      .m2 = below_one(static_cast<double>(s2) / twice_max, rounding,
                      "multiplier of the second input"),
      .mo = below_one(twice_max / widened, rounding,
                      "output multiplier 2 * max(input scales) / (2^20 * output scale)"),
      .subtract = subtract,
      .rounding = rounding,
      .range = clamp_range(activation, so, zo),
      .shortcut = {}};
  params.shortcut = shortcut_of(params);
  return params;
}

}  // namespace

AddParams make_add_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  return make(s1, z1, s2, z2, so, zo, activation, rounding, false);
}

AddParams make_sub_params(float s1, std::int32_t z1, float s2, std::int32_t z2, float so,
                          std::int32_t zo, Activation activation, Rounding rounding) {
  return make(s1, z1, s2, z2, so, zo, activation, rounding, true);
}

void add(const AddParams& params, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = params.range.clamp(preclamp(params, a[i], b[i]));
}

}  // namespace octet::int8
