// Stochastic gradient descent.
#pragma once

#include "optim/optimizer.h"

namespace octet::optim {

/// As in PyTorch, without dampening.
struct SgdOptions {
  double lr = 0.1;
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// With g the gradient plus weight_decay w: b <- momentum b + g, w <- w - lr d where d = b, or
/// g + momentum b with Nesterov's momentum (Sutskever et al. 2013, in PyTorch's form: b starts at
/// the first g). State: "<i>.momentum_buffer" if momentum > 0.
class Sgd final : public Optimizer {
 public:
  /// Throws Error unless momentum is in [0, 1), weight_decay >= 0, and momentum > 0 with nesterov.
  Sgd(std::vector<ParameterPtr> parameters, const SgdOptions& options);

 private:
  void update(const Chunk& chunk) noexcept override;
  SgdOptions options_;
};

}  // namespace octet::optim
