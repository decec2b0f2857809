#include "int8/floats/float_operands.h"

#include <cstring>
#include <limits>

#include "base/error.h"

namespace octet::int8::floats {

void expect_f32(const TensorDef& t) {
  OCTET_CHECK(t.type == DType::f32, quoted(t), ": expected type f32, got ", dtype_name(t.type));
}

Operand::Operand(const NodeView& node, int i, Step& step) {
  const TensorDef& t = node.input(i);
  expect_f32(t);
  if (t.constant) {
    if (reinterpret_cast<std::uintptr_t>(t.constant.data) % alignof(float) == 0) {
      in_graph_ = reinterpret_cast<const float*>(t.constant.data);
      return;
    }
    copy_.resize(t.constant.size / sizeof(float));
    std::memcpy(copy_.data(), t.constant.data, t.constant.size);
    return;
  }
  slot_ = static_cast<int>(step.inputs.size());
  step.inputs.push_back(node.input_index(i));
}

FloatRange range_of(Activation activation) noexcept {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (activation) {
    case Activation::relu:
      return {0.0f, infinity};
    case Activation::relu_n1_to_1:
      return {-1.0f, 1.0f};
    case Activation::relu6:
      return {0.0f, 6.0f};
    case Activation::none:
      break;
  }
  return {-infinity, infinity};
}

}  // namespace octet::int8::floats
