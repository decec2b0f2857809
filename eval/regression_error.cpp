#include "eval/regression_error.h"

#include <cmath>

#include "base/error.h"

namespace octet {

void RegressionError::add(const Tensor& predicted, const Tensor& target) {
  OCTET_CHECK(predicted.numel() >= 1 && predicted.numel() == target.numel(),
              "regression: expected as many values as targets, got ", predicted.shape(), " and ",
              target.shape());
  const auto y = predicted.span<real>(), t = target.span<real>();
  const std::size_t each = t.size() / static_cast<std::size_t>(target.shape()[0]);
  for (std::size_t at = 0; at < t.size(); at += each) add(y.subspan(at, each), t.subspan(at, each));
}

void RegressionError::add(std::span<const real> y, std::span<const real> t) {
  if (means_.empty()) means_.resize(t.size());
  OCTET_CHECK(t.size() == means_.size() && y.size() == t.size(), "regression: expected samples of ",
              means_.size(), " values, got ", y.size(), " and ", t.size());
  ++samples_;
  count_ += std::ssize(t);
  for (std::size_t i = 0; i < t.size(); ++i) {
    const double error = double{y[i]} - double{t[i]};
    squares_ += error * error;
    absolute_ += std::abs(error);
    // Welford 1962: exact whatever the mean.
    const double off = double{t[i]} - means_[i];
    means_[i] += off / static_cast<double>(samples_);
    deviations_ += off * (double{t[i]} - means_[i]);
  }
}

double RegressionError::rmse() const noexcept {
  return std::sqrt(mse());
}

double RegressionError::r2() const noexcept {
  return deviations_ > 0 ? 1 - squares_ / deviations_ : 0;
}

}  // namespace octet
