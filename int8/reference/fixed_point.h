// Integer requantization: the primitives every int8 op is made of.
// Source: gemmlowp's fixed-point arithmetic as TFLite uses it; docs/numerics.md has the formulas.
// No floating point except in quantize_multiplier, which runs when a model is prepared.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "int8/graph/rounding.h"

namespace octet::int8 {

/// A positive real factor as m * 2^(shift - 31), m in [2^30, 2^31) (or m = 0).
struct Multiplier {
  std::int32_t m = 0;
  std::int32_t shift = 0;
  bool operator==(const Multiplier&) const = default;
};

/// Saturating rounding doubling high multiply: (a * b + 2^30) >> 31, ties toward +infinity.
constexpr std::int32_t srdhm(std::int32_t a, std::int32_t b) noexcept {
  if (a == b && a == std::numeric_limits<std::int32_t>::min()) {
    return std::numeric_limits<std::int32_t>::max();
  }
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent rounded to nearest, ties away from zero. Requires 0 <= exponent <= 31.
constexpr std::int32_t rounding_divide_by_pot(std::int32_t x, int exponent) noexcept {
  const std::int32_t mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * multiplier in the model's rounding mode.
/// Requires: |x| * 2^max(shift, 0) < 2^31 (checked when a model is prepared), -31 <= shift <= 30.
constexpr std::int32_t multiply_by_quantized_multiplier(std::int32_t x, Multiplier by,
                                                        Rounding rounding) noexcept {
  if (rounding == Rounding::single_rounding) {
    const int total = 31 - by.shift;
    return static_cast<std::int32_t>((std::int64_t{x} * by.m + (std::int64_t{1} << (total - 1))) >>
                                     total);
  }
  const int left = by.shift > 0 ? by.shift : 0;
  const int right = by.shift > 0 ? 0 : -by.shift;
  const auto shifted =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);  // no overflow: see above
  return rounding_divide_by_pot(srdhm(shifted, by.m), right);
}

/// The same in double rounding, but that the second rounding has its ties toward +infinity: what
/// vectors of 32 bits do in LiteRT where its scalar code has them away from zero.
constexpr std::int32_t multiply_with_ties_up(std::int32_t x, Multiplier by) noexcept {
  const int left = by.shift > 0 ? by.shift : 0, right = by.shift > 0 ? 0 : -by.shift;
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  const std::int64_t half = right > 0 ? std::int64_t{1} << (right - 1) : 0;
  return static_cast<std::int32_t>((srdhm(shifted, by.m) + half) >> right);
}

/// The multiplier nearest to `real`. Requires `real` finite and >= 0.
/// Values below 2^-32 flush to zero; in single rounding shifts above 30 saturate.
inline Multiplier quantize_multiplier(double real, Rounding rounding) noexcept {
  if (real == 0.0) return {};
  int shift = 0;
  const double q = std::frexp(real, &shift);
  std::int64_t m = std::llround(q * static_cast<double>(std::int64_t{1} << 31));
  if (m == (std::int64_t{1} << 31)) {
    m /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  if (rounding == Rounding::single_rounding && shift > 30)
    return {std::numeric_limits<std::int32_t>::max(), 30};
  return {static_cast<std::int32_t>(m), shift};
}

/// The nearest of -128 to 127.
constexpr std::int8_t clamp_to_int8(std::int32_t v) noexcept {
  return static_cast<std::int8_t>(v < -128 ? -128 : (v > 127 ? 127 : v));
}

}  // namespace octet::int8
