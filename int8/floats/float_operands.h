// Operands of float nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "int8/floats/functions.h"
#include "int8/ops/node_view.h"
#include "int8/ops/step.h"

namespace octet::int8::floats {

/// A run-time input of a step, or a constant: the graph's own memory where it is aligned, else a
/// copy.
class Operand {
 public:
  Operand() = default;
  /// Input `i` of the node, which is added to `step.inputs` unless it is a constant. Throws Error
  /// unless it is f32.
  Operand(const NodeView& node, int i, Step& step);

  const float* data(const RunArgs& args) const noexcept {
    if (slot_ >= 0) return reinterpret_cast<const float*>(args.in[static_cast<std::size_t>(slot_)]);
    return in_graph_ ? in_graph_ : copy_.data();
  }
  bool is_constant() const noexcept { return slot_ < 0; }
  int slot() const noexcept { return slot_; }
  /// Elements from one sample to the next.
  std::int64_t sample(std::int64_t elements) const noexcept { return is_constant() ? 0 : elements; }
  std::size_t bytes() const noexcept { return copy_.size() * sizeof(float); }

 private:
  int slot_ = -1;
  const float* in_graph_ = nullptr;
  std::vector<float> copy_;
};

inline float* output(const RunArgs& args) noexcept {
  return reinterpret_cast<float*>(args.out[0]);
}

/// Throws Error unless the tensor is f32.
void expect_f32(const TensorDef& t);

/// What the fused activations of ADD, MUL and the like limit floats to.
struct FloatRange {
  float least, most;
  /// Maximum and minimum are what NaN passes.
  float limit(float v) const noexcept {
    v = v < least ? least : v;
    return canonical(v > most ? most : v);
  }
};
FloatRange range_of(Activation activation) noexcept;

}  // namespace octet::int8::floats
