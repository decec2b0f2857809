#include "apps/bench/gradient_error.h"

#include <algorithm>
#include <cmath>

namespace octet::bench {
namespace {

constexpr double least_share = 1e-4;
constexpr double smallest = 1e-30;

}  // namespace

double length(std::span<const double> v) {
  double sum = 0;
  for (const double e : v) sum += e * e;
  return std::sqrt(sum);
}

GradientError largest_error(const std::vector<ComparedGradient>& gradients, double all) {
  GradientError worst;
  for (const ComparedGradient& g : gradients) {
    std::vector<double> difference(g.expected.begin(), g.expected.end());
    for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= double{g.got[i]};
    const double scale = std::max({length(g.expected), least_share * all, smallest});
    const double error = length(difference) / scale;
    if (worst.name.empty() || !(error <= worst.error)) worst = {g.name, error};
    if (std::isnan(error)) return worst;
  }
  return worst;
}

}  // namespace octet::bench
