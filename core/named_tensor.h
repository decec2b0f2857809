// A named tensor of some state: what modules, optimizers and checkpoints exchange.
#pragma once

#include <string>

#include "core/tensor.h"

namespace octet {

/// A parameter's value, a buffer, an optimizer's moment. Shares storage with its owner.
struct NamedTensor {
  std::string name;
  Tensor value;
};

}  // namespace octet
