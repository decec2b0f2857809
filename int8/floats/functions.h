// Functions of floats: computed in double by additions, multiplications, divisions and square roots
// alone, which IEEE 754 rounds in one way, then rounded to float. The same bits on every machine,
// and the float nearest to the true value but in some 1e-7 of all cases.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace octet::int8::floats {

/// The same bits for every NaN: processors make different ones.
inline float canonical(float v) noexcept {
  return v == v ? v : std::numeric_limits<float>::quiet_NaN();
}

float exp(float x) noexcept;
/// -infinity of 0, NaN of negative numbers.
float log(float x) noexcept;
float logistic(float x) noexcept;
float tanh(float x) noexcept;
/// e^x - 1 below 0.
float elu(float x) noexcept;
/// x times the normal distribution function, or its approximation by tanh.
float gelu(float x) noexcept;
float gelu_by_tanh(float x) noexcept;
float hard_swish(float x) noexcept;
/// As C's pow: powers of negative numbers where y is an integer.
float pow(float x, float y) noexcept;
/// To the nearest integer, halves to even.
float round(float x) noexcept;

}  // namespace octet::int8::floats
