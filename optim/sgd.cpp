#include "optim/sgd.h"

#include <cmath>

namespace octet::optim {

Sgd::Sgd(std::vector<ParameterPtr> parameters, const SgdOptions& o)
    : Optimizer(std::move(parameters), o.lr,
                o.momentum > 0 ? std::vector<std::string>{"momentum_buffer"}
                               : std::vector<std::string>{}),
      options_(o) {
  OCTET_CHECK(o.momentum >= 0 && o.momentum < 1, "Sgd: expected a momentum in [0, 1), got ",
              o.momentum);
  OCTET_CHECK(std::isfinite(o.weight_decay) && o.weight_decay >= 0,
              "Sgd: expected a weight_decay >= 0, got ", o.weight_decay);
  OCTET_CHECK(!o.nesterov || o.momentum > 0, "Sgd: nesterov needs a momentum > 0");
}

void Sgd::update(const Chunk& c) noexcept {
  real* __restrict w = value(c);
  const real* __restrict g = grad(c);
  const real step = static_cast<real>(lr(c));
  const real decay = static_cast<real>(decay_of(c, options_.weight_decay));
  const real momentum = static_cast<real>(options_.momentum);
  if (momentum == 0) {
    for (std::int64_t i = 0; i < c.size; ++i) w[i] -= step * (g[i] + decay * w[i]);
    return;
  }
  real* __restrict b = buffer(0, c);
  if (options_.nesterov) {
    for (std::int64_t i = 0; i < c.size; ++i) {
      const real d = g[i] + decay * w[i];
      b[i] = momentum * b[i] + d;
      w[i] -= step * (d + momentum * b[i]);
    }
    return;
  }
  for (std::int64_t i = 0; i < c.size; ++i) {
    b[i] = momentum * b[i] + (g[i] + decay * w[i]);
    w[i] -= step * b[i];
  }
}

}  // namespace octet::optim
