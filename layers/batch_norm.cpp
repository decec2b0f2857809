#include "layers/batch_norm.h"

namespace octet {

BatchNorm2d::BatchNorm2d(const BatchNorm2dOptions& o) : options_(o) {
  OCTET_CHECK(o.channels > 0 && o.eps > 0 && o.momentum >= 0 && o.momentum <= 1,
              "BatchNorm2d: expected channels > 0, eps > 0, momentum in [0, 1], got ", o.channels,
              ", ", o.eps, ", ", o.momentum);
  const Shape shape{o.channels};
  weight_ = register_parameter("weight", Tensor::full(shape, 1), false);
  bias_ = register_parameter("bias", Tensor::zeros(shape), false);
  stats_ = std::make_shared<BatchNormStats>();
  stats_->mean = register_buffer("running_mean", Tensor::zeros(shape));
  stats_->var = register_buffer("running_var", Tensor::full(shape, 1));
}

Var BatchNorm2d::forward(Var x) {
  // One statement each: the order on the tape must not be the compiler's choice.
  const Var gamma = x.tape->param(weight_);
  const Var beta = x.tape->param(bias_);
  return batch_norm(x, gamma, beta, stats_, static_cast<real>(options_.eps),
                    static_cast<real>(options_.momentum));
}

}  // namespace octet
