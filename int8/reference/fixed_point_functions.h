// exp, 1 / (1 + x), logistic, tanh and 1 / sqrt(x) on fixed-point numbers: gemmlowp's, raw int32
// for raw int32. "Qi" means i integer bits and 31 - i fraction bits.
#pragma once

#include <cstdint>

#include "int8/reference/fixed_point.h"

namespace octet::int8 {

/// v << exponent, saturated to int32. Requires 0 <= exponent <= 30.
std::int32_t shift_left_saturating(std::int32_t v, int exponent) noexcept;

/// exp(a) in Q0 for a <= 0 in Q`integer_bits`, 0 <= integer_bits <= 10.
std::int32_t exp_on_negative_values(std::int32_t a, int integer_bits) noexcept;

/// 1 / (1 + a) in Q0 for a in Q0, 0 <= a <= 1.
std::int32_t one_over_one_plus(std::int32_t a) noexcept;

/// (1 - a) / (1 + a) in Q0 for a in Q0, 0 <= a <= 1.
std::int32_t one_minus_over_one_plus(std::int32_t a) noexcept;

/// 1 / (1 + exp(-z)) in Q0 for z in Q4.
std::int32_t logistic_q4(std::int32_t z) noexcept;

/// tanh(z) in Q0 for z in Q4.
std::int32_t tanh_q4(std::int32_t z) noexcept;

/// 1 / sqrt(v), by five steps of Newton's method, for v >= 1; 1 is 1 - 2^-31.
Multiplier inverse_sqrt(std::int64_t v) noexcept;

}  // namespace octet::int8
