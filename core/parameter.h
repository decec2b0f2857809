// Trainable tensors.
#pragma once

#include <memory>
#include <string>

#include "core/grad.h"
#include "core/tensor.h"

namespace octet {

/// A trainable tensor and its gradient. Shared between the module, the tape and the optimizer.
struct Parameter {
  explicit Parameter(Tensor initial) : value(std::move(initial)) {}
  Tensor value;
  Grad grad;
  bool requires_grad = true;
  /// Weight decay is applied (conventionally not to biases and batch norm).
  bool decay = true;
};
/// Shared by the module, the tape and the optimizer.
using ParameterPtr = std::shared_ptr<Parameter>;

}  // namespace octet
