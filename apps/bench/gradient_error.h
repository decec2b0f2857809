// How far gradients are from their reference, parameter by parameter.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace octet::bench {

struct ComparedGradient {
  std::string name;
  std::span<const float> got;
  std::span<const double> expected;
};
struct GradientError {
  std::string name;  ///< of the parameter
  double error = 0;
};

/// Euclidean length.
double length(std::span<const double> v);

/// The largest of the parameters' errors: the length of got - expected relative to that of
/// expected, which counts as at least 1e-4 of `all`, the length of all gradients together: a
/// gradient that is zero but for rounding (of a bias in front of batch norm) has no relative error.
/// NaN counts as larger than all numbers.
GradientError largest_error(const std::vector<ComparedGradient>& gradients, double all);

}  // namespace octet::bench
