// Batch normalization layer.
#pragma once

#include "layers/module.h"

namespace octet {

/// eps is added to the variance; momentum is the share of a new batch in running statistics.
struct BatchNorm2dOptions {
  std::int64_t channels = 1;
  double eps = 1e-5;
  double momentum = 0.1;
};

/// BatchNormOp over the channels of x [N, H, W, channels]. Parameters: weight (gamma, ones), bias
/// (beta, zeros), neither decayed. Buffers: running_mean (zeros), running_var (ones).
class BatchNorm2d final : public Module {
 public:
  /// Throws Error unless channels > 0, eps > 0 and 0 <= momentum <= 1.
  explicit BatchNorm2d(const BatchNorm2dOptions& options);
  Var forward(Var x) override;
  const BatchNorm2dOptions& options() const noexcept { return options_; }

 private:
  BatchNorm2dOptions options_;
  ParameterPtr weight_, bias_;
  std::shared_ptr<BatchNormStats> stats_;
};

}  // namespace octet
