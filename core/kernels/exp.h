// exp, expm1 and log1p as plain arithmetic, so that loops over them become vector code, with the
// same bits on every instruction set. Not for users of the library.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/simd/simd.h"
#include "core/real.h"

namespace octet {

#ifdef OCTET_REAL_DOUBLE
inline real exp_real(real x) {
  return std::exp(x);
}
inline real expm1_real(real x) {
  return std::expm1(x);
}
inline real log1p_real(real x) {
  return std::log1p(x);
}
#else
/// x = n ln 2 + r with |r| <= ln 2 / 2: 2^n and the Taylor polynomial of e^r - 1 (its remainder is
/// below r^8 / 8! < 6e-9). Requires -87 <= x <= 88 or NaN.
struct ReducedExp {
  real power;  ///< 2^n
  real minus_one;
};
OCTET_INLINE ReducedExp reduce_exp(real x) {
  constexpr real magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  constexpr real ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  const real shifted = x * 1.44269504f + magic;
  const real n = shifted - magic;
  const real r = (x - n * ln2_high) - n * ln2_low;
  // The integer n is in the low bits of `shifted`; its place in the exponent is bit 23.
  const auto bits = (std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3f800000u;
  real p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  return {std::bit_cast<real>(bits), p * r * r + r};
}
/// e^x, within 2 ulp; x is limited to [-87, 88] first, NaN stays NaN.
OCTET_INLINE real exp_real(real x) {
  const real low = x < -87.0f ? -87.0f : x;
  const ReducedExp e = reduce_exp(low > 88.0f ? 88.0f : low);
  return e.power * e.minus_one + e.power;
}
/// e^x - 1 without cancellation near 0; limits as exp_real.
OCTET_INLINE real expm1_real(real x) {
  const real low = x < -87.0f ? -87.0f : x;
  const ReducedExp e = reduce_exp(low > 88.0f ? 88.0f : low);
  return e.power * e.minus_one + (e.power - 1.0f);
}
/// log(1 + x) for x in [0, 1], NaN for NaN: 2 atanh(z) with z = x / (2 + x) <= 1/3, by its series,
/// whose remainder is below z^17 / 16 < 1e-9 z.
OCTET_INLINE real log1p_real(real x) {
  const real z = x / (x + 2.0f), s = z * z;
  real p = 1.0f / 15;
  p = p * s + 1.0f / 13;
  p = p * s + 1.0f / 11;
  p = p * s + 1.0f / 9;
  p = p * s + 1.0f / 7;
  p = p * s + 1.0f / 5;
  p = p * s + 1.0f / 3;
  return 2.0f * (z + z * s * p);
}
#endif

}  // namespace octet
