// Seeded initial values of weights. Passed to layer constructors; there is no global generator.
#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace octet {

/// Random initial values: the same seed and the same sequence of calls give the same values on
/// every machine. Each tensor has a stream of its own (core/random.h); layers draw in construction
/// order.
class Init {
 public:
  /// With `draw` false the values are unspecified and no memory is written: for who only asks for
  /// shapes.
  explicit Init(std::uint64_t seed = 0, bool draw = true) : seed_(seed), draw_(draw) {}

  /// Uniform in [-bound, bound).
  Tensor uniform(const Shape& shape, double bound);
  /// Uniform with bound 1 / sqrt(fan_in): He et al. 2015 with gain a = sqrt(5), the usual default
  /// of weights and biases in PyTorch. fan_in: inputs per output value.
  Tensor kaiming_uniform(const Shape& shape, std::int64_t fan_in);

 private:
  std::uint64_t seed_;
  bool draw_;
  std::uint64_t drawn_ = 0;  // tensors so far
};

}  // namespace octet
