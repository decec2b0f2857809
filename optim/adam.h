// Adam and AdamW.
#pragma once

#include "optim/optimizer.h"

namespace octet::optim {

/// PyTorch's names and defaults; weight_decay is added to the gradient.
struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};

/// m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
/// w <- w - lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps), t the parameter's own step
/// count (Kingma & Ba 2015). Weight decay is added to the gradient; see AdamW for the other way.
/// State: "<i>.exp_avg" (m), "<i>.exp_avg_sq" (v).
class Adam : public Optimizer {
 public:
  /// Throws Error unless the betas are in [0, 1), eps > 0 and weight_decay >= 0.
  explicit Adam(std::vector<ParameterPtr> parameters, const AdamOptions& options = {});

 protected:
  enum class Decay { coupled, decoupled };
  Adam(std::vector<ParameterPtr> parameters, const AdamOptions& options, Decay decay);

 private:
  void update(const Chunk& chunk) noexcept override;
  AdamOptions options_;
  Decay decay_;
};

/// PyTorch's names and defaults; weight_decay shrinks the weights, apart from the gradient.
struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.01;
};

/// Adam with decoupled weight decay: w <- w - lr weight_decay w before the update, which sees the
/// plain gradient (Loshchilov & Hutter 2019).
class AdamW final : public Adam {
 public:
  /// Throws Error as Adam.
  explicit AdamW(std::vector<ParameterPtr> parameters, const AdamWOptions& o = {})
      : Adam(std::move(parameters), {o.lr, o.beta1, o.beta2, o.eps, o.weight_decay},
             Decay::decoupled) {}
};

}  // namespace octet::optim
