// Requantization in exact 128-bit arithmetic, written from the definitions and not from the
// project's code: divisions and explicit ties instead of shifts and masks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::test {

__extension__ typedef __int128 Wide;

inline Wide power_of_two(int e) {
  Wide p = 1;
  for (int i = 0; i < e; ++i) p *= 2;
  return p;
}

/// Greatest integer <= n / d, d > 0.
inline Wide floor_div(Wide n, Wide d) {
  const Wide q = n / d;
  return n % d != 0 && n < 0 ? q - 1 : q;
}

/// n / d to nearest, ties toward +infinity.
inline Wide half_up(Wide n, Wide d) {
  return floor_div(2 * n + d, 2 * d);
}

/// n / d to nearest, ties away from zero.
inline Wide half_away(Wide n, Wide d) {
  return n >= 0 ? half_up(n, d) : -half_up(-n, d);
}

/// x * m * 2^(e - 31) in the rounding mode.
inline std::int64_t rescaled(std::int64_t x, std::int64_t m, int e, int8::Rounding rounding) {
  if (rounding == int8::Rounding::single_rounding) {
    return static_cast<std::int64_t>(half_up(Wide{x} * m, power_of_two(31 - e)));
  }
  const Wide high = half_up(Wide{x} * power_of_two(std::max(e, 0)) * m, power_of_two(31));
  return static_cast<std::int64_t>(half_away(high, power_of_two(std::max(-e, 0))));
}

/// x * 2^-k.
inline std::int64_t halved(std::int64_t x, int k, int8::Rounding rounding) {
  return rescaled(x, std::int64_t{1} << 30, 1 - k, rounding);
}

inline std::int8_t saturated(std::int64_t v, std::int64_t lo = -128, std::int64_t hi = 127) {
  return static_cast<std::int8_t>(std::min(std::max(v, lo), hi));
}

inline constexpr int8::Rounding both_roundings[] = {int8::Rounding::single_rounding,
                                                    int8::Rounding::double_rounding};

}  // namespace octet::test
