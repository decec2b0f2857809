// How far predicted values are from their targets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// Over all elements of all batches.
class RegressionError {
 public:
  /// Real tensors of as many elements, at least one; their first extent is the samples. Throws
  /// Error otherwise, and for samples of another number of elements than before.
  void add(const Tensor& predicted, const Tensor& target);
  /// The elements of one sample.
  void add(std::span<const real> predicted, std::span<const real> target);

  std::int64_t count() const noexcept { return count_; }
  /// Means of (y - t)^2 and |y - t|; 0 if nothing was added.
  double mse() const noexcept { return count_ == 0 ? 0 : squares_ / static_cast<double>(count_); }
  double mae() const noexcept { return count_ == 0 ? 0 : absolute_ / static_cast<double>(count_); }
  /// The square root of mse().
  double rmse() const noexcept;
  /// The coefficient of determination: 1 - (sum of (y - t)^2) / (sum of (t - mean)^2), the mean of
  /// each element of a sample being its own. 1 is exact, 0 no better than the means; below, worse.
  /// 0 if the targets do not vary.
  double r2() const noexcept;

 private:
  std::int64_t count_ = 0, samples_ = 0;
  double squares_ = 0, absolute_ = 0;
  std::vector<double> means_;  // of each element's targets so far
  double deviations_ = 0;      // sum of squared differences from them
};

}  // namespace octet
