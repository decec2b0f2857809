#include "eval/regression_error.h"

#include <cmath>

#include "base/error.h"

namespace octet {

void RegressionError::add(const Tensor& predicted, const Tensor& target) {
  OCTET_CHECK(predicted.numel() >= 1 && predicted.numel() == target.numel(),
              "regression: expected as many values as targets, got ", predicted.shape(), " and ",
              target.shape());
  const auto y = predicted.span<real>(), t = target.span<real>();
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double error = double{y[i]} - double{t[i]};
    squares_ += error * error;
    absolute_ += std::abs(error);
  }
  count_ += predicted.numel();
}

}  // namespace octet
