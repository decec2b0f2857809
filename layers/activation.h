// Activation layers: the ops as modules, for Sequential.
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

}  // namespace octet
