// SOFTMAX over the last axis in fixed point.
#pragma once

#include <array>
#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// The exponential of every difference d = max - x in 0 .. 255 to a row's maximum.
struct SoftmaxParams {
  /// exp(-beta s_in d) in Q0.31, or 0 beyond diff_min, at index 255 - d.
  std::array<std::int32_t, 384> exponentials{};
  /// The same in Q12.19: what is added up.
  std::array<std::int32_t, 384> terms{};

  /// [q] is the exponential (term) of code q <= largest in a row of that maximum.
  const std::int32_t* exponentials_below(std::int8_t largest) const noexcept {
    return exponentials.data() + 255 - largest;
  }
  const std::int32_t* terms_below(std::int8_t largest) const noexcept {
    return terms.data() + 255 - largest;
  }
};

/// y = clamp8(RDP(SRDHM(inverse, exponential), exponent) - 128), 0 <= exponent <= 31.
struct SoftmaxRow {
  std::int32_t inverse = 0;
  int exponent = 0;
};
/// Of a row whose maximum is `largest`.
SoftmaxRow softmax_sum(const SoftmaxParams& params, std::int8_t largest, const std::int8_t* x,
                       std::int64_t depth) noexcept;

/// Output scale 1/256, zero point -128. Throws Error unless beta * s_in * 2^26 > 1.
[[gnu::cold]] SoftmaxParams make_softmax_params(float beta, float s_in, Rounding rounding);

/// One row of `depth` codes, portable. y may be x.
using SoftmaxFunction = void(const SoftmaxParams& params, const std::int8_t* x, std::int8_t* y,
                             std::int64_t depth) noexcept;
SoftmaxFunction softmax_row;

}  // namespace octet::int8
