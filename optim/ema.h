// Exponential moving average of weights.
#pragma once

#include <vector>

#include "core/context.h"
#include "core/named_tensor.h"
#include "core/parameter.h"
#include "optim/chunks.h"

namespace octet::optim {

/// How quickly old weights are forgotten.
struct EmaOptions {
  double decay = 0.999;
  /// The t-th update (from 1) uses min(decay, (1 + t) / (10 + t)), so that the first weights are
  /// forgotten quickly.
  bool warm_up = true;
};

/// a <- a + (1 - d) (w - a) after each optimizer step; a starts as a copy of w. Weights that stay
/// as they are, such as frozen ones, are their own average to the bit.
class Ema {
 public:
  /// Throws Error unless 0 <= decay < 1.
  explicit Ema(std::vector<ParameterPtr> parameters, const EmaOptions& options = {});
  void update(Context& ctx);
  /// Exchanges averages and weights: evaluate between two calls. No update in between.
  void swap();
  bool swapped() const noexcept { return swapped_; }

  /// "<i>.average" for the i-th parameter and "updates" (i32 [1]); load_state as in Optimizer.
  /// Throws Error while swapped.
  std::vector<NamedTensor> state() const;
  void load_state(const std::vector<NamedTensor>& state);

 private:
  std::vector<ParameterPtr> parameters_;
  EmaOptions options_;
  std::vector<Tensor> averages_;
  std::vector<Chunk> chunks_;
  Tensor updates_;
  bool swapped_ = false;
};

/// The averages in place of the weights for the object's lifetime.
class EmaScope {
 public:
  explicit EmaScope(Ema& ema) : ema_(ema) { ema_.swap(); }
  ~EmaScope() { ema_.swap(); }
  EmaScope(const EmaScope&) = delete;
  EmaScope& operator=(const EmaScope&) = delete;

 private:
  Ema& ema_;
};

}  // namespace octet::optim
