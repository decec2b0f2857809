// Operands of float nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8::floats {

/// A run-time input of a step, or a constant that it holds.
class Operand {
 public:
  Operand() = default;
  /// Input `i` of the node, which is added to `step.inputs` unless it is a constant. Throws Error
  /// unless it is f32.
  Operand(const NodeView& node, int i, Step& step);

  const float* data(const RunArgs& args) const noexcept {
    return slot_ < 0 ? constant_.data()
                     : reinterpret_cast<const float*>(args.in[static_cast<std::size_t>(slot_)]);
  }
  bool is_constant() const noexcept { return slot_ < 0; }
  int slot() const noexcept { return slot_; }
  /// Elements from one sample to the next.
  std::int64_t sample(std::int64_t elements) const noexcept { return is_constant() ? 0 : elements; }
  std::size_t bytes() const noexcept { return constant_.size() * sizeof(float); }

 private:
  int slot_ = -1;
  std::vector<float> constant_;
};

inline float* output(const RunArgs& args) noexcept {
  return reinterpret_cast<float*>(args.out[0]);
}

/// Throws Error unless the tensor is f32.
void expect_f32(const TensorDef& t);

/// What the fused activations of ADD, MUL and the like limit floats to.
struct FloatRange {
  float least, most;
};
FloatRange range_of(Activation activation) noexcept;

}  // namespace octet::int8::floats
