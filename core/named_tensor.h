// Named tensors of some state: what modules, optimizers and checkpoints exchange.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace octet {

/// A parameter's value, a buffer, an optimizer's moment. Shares storage with its owner.
struct NamedTensor {
  std::string name;
  Tensor value;
};

/// Copies values by name from `from` into the tensors of `into`, whose names differ from each
/// other. Throws Error (beginning with `what`) naming every missing, unexpected, repeated,
/// undefined or misshapen entry, and then changes nothing.
void load_tensors(std::string_view what, const std::vector<NamedTensor>& into,
                  const std::vector<NamedTensor>& from);

}  // namespace octet
