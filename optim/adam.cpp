#include "optim/adam.h"

#include <cmath>

namespace octet::optim {

Adam::Adam(std::vector<ParameterPtr> parameters, const AdamOptions& o)
    : Adam(std::move(parameters), o, Decay::coupled) {}

Adam::Adam(std::vector<ParameterPtr> parameters, const AdamOptions& o, Decay decay)
    : Optimizer(std::move(parameters), o.lr, {"exp_avg", "exp_avg_sq"}),
      options_(o),
      decay_(decay) {
  OCTET_CHECK(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1,
              "Adam: expected betas in [0, 1), got ", o.beta1, " and ", o.beta2);
  OCTET_CHECK(std::isfinite(o.eps) && o.eps > 0, "Adam: expected eps > 0, got ", o.eps);
  OCTET_CHECK(std::isfinite(o.weight_decay) && o.weight_decay >= 0,
              "Adam: expected a weight_decay >= 0, got ", o.weight_decay);
}

void Adam::update(const Chunk& c) noexcept {
  const double t = static_cast<double>(steps(c));
  const double correction1 = 1 - std::pow(options_.beta1, t);
  const double correction2 = 1 - std::pow(options_.beta2, t);
  const double decay = decay_of(c, options_.weight_decay);
  const bool coupled = decay_ == Decay::coupled;

  const real step = static_cast<real>(lr(c) / correction1);
  const real root = static_cast<real>(1 / std::sqrt(correction2));
  const real eps = static_cast<real>(options_.eps);
  const real beta1 = static_cast<real>(options_.beta1), beta2 = static_cast<real>(options_.beta2);
  const real rest1 = static_cast<real>(1 - options_.beta1);
  const real rest2 = static_cast<real>(1 - options_.beta2);
  const real to_gradient = static_cast<real>(coupled ? decay : 0);
  const real keep = static_cast<real>(coupled ? 1 : 1 - lr(c) * decay);

  real* __restrict w = value(c);
  const real* __restrict g = grad(c);
  real* __restrict m = buffer(0, c);
  real* __restrict v = buffer(1, c);
  for (std::int64_t i = 0; i < c.size; ++i) {
    const real d = g[i] + to_gradient * w[i];
    m[i] = beta1 * m[i] + rest1 * d;
    v[i] = beta2 * v[i] + rest2 * (d * d);
    w[i] = keep * w[i] - step * m[i] / (std::sqrt(v[i]) * root + eps);
  }
}

}  // namespace octet::optim
