// Functions of reals by additions, multiplications and divisions of doubles alone, which IEEE 754
// rounds in one way: the same bits on every machine. Within some 1e-15, relative.
#pragma once

namespace octet::int8 {

/// e^x; x is limited to [-700, 700] first.
double exp_of(double x) noexcept;
/// e^x - 1 without cancellation near 0; limits as exp_of.
double expm1_of(double x) noexcept;
/// ln x for x > 0, normal.
double log_of(double x) noexcept;
double tanh_of(double x) noexcept;
/// 1 - erf(x) without cancellation where x is large.
double erfc_of(double x) noexcept;

}  // namespace octet::int8
