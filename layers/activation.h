// Activation layers: the ops as modules, for Sequential. Equations: core/ops/ops.h,
// core/ops/activations.h; Sigmoid, Tanh and others without attributes: core/ops/activations.inc.
#pragma once

#include "layers/module.h"

namespace octet {

/// max(x, 0)
class Relu final : public Module {
 public:
  Var forward(Var x) override { return relu(x); }
};

/// min(max(x, 0), 6)
class Relu6 final : public Module {
 public:
  Var forward(Var x) override { return relu6(x); }
};

/// min(max(x, -1), 1)
class HardTanh final : public Module {
 public:
  Var forward(Var x) override { return hard_tanh(x); }
};

#define OCTET_ACTIVATION(Name, function, op)                   \
  class Name final : public Module {                           \
   public:                                                     \
    Var forward(Var x) override { return octet::function(x); } \
  };
#include "core/ops/activations.inc"

/// x where x >= 0, alpha x elsewhere
class LeakyRelu final : public Module {
 public:
  explicit LeakyRelu(double alpha = 0.01) : alpha_(static_cast<real>(alpha)) {}
  Var forward(Var x) override { return leaky_relu(x, alpha_); }

 private:
  real alpha_;
};

/// Parameter: weight [channels], one slope a channel, 0.25 at first, not decayed.
class Prelu final : public Module {
 public:
  /// Throws Error unless channels > 0.
  explicit Prelu(std::int64_t channels) {
    OCTET_CHECK(channels > 0, "Prelu: expected channels > 0, got ", channels);
    weight_ = register_parameter("weight", Tensor::full({channels}, real(0.25)), false);
  }
  Var forward(Var x) override { return prelu(x, x.tape->param(weight_)); }

 private:
  ParameterPtr weight_;
};

/// Over the last dimension.
class Softmax final : public Module {
 public:
  Var forward(Var x) override { return softmax(x); }
};

}  // namespace octet
