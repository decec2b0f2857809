// How far predicted values are from their targets.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace octet {

/// Over all elements of all batches.
class RegressionError {
 public:
  /// Real tensors of as many elements, at least one. Throws Error otherwise.
  void add(const Tensor& predicted, const Tensor& target);

  std::int64_t count() const noexcept { return count_; }
  /// Means of (y - t)^2 and |y - t|; 0 if nothing was added.
  double mse() const noexcept { return count_ == 0 ? 0 : squares_ / static_cast<double>(count_); }
  double mae() const noexcept { return count_ == 0 ? 0 : absolute_ / static_cast<double>(count_); }

 private:
  std::int64_t count_ = 0;
  double squares_ = 0, absolute_ = 0;
};

}  // namespace octet
