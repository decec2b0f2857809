// Flatten layer.
#pragma once

#include "layers/module.h"

namespace octet {

/// [N, ...] -> [N, everything else], in row-major order of the NHWC data.
class Flatten final : public Module {
 public:
  Var forward(Var x) override { return flatten(x); }
};

}  // namespace octet
