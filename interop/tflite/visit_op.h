// Which operator has which options.
#pragma once

#include <cstdint>

#include "int8/graph/graph.h"
#include "tflite_generated.h"

namespace octet::tflite {

/// ActivationFunctionType of LSTM's options.
inline constexpr std::int8_t tanh_activation = 4;

/// Calls visitor.attributes<Attributes, Options>() for an operator whose options carry something,
/// visitor.empty(type) for one whose table is empty and visitor.none() for one without.
template <class Visitor>
auto visit_op(int8::OpCode code, Visitor&& visitor) {
#define ATTRIBUTES(attributes_type, table) \
  visitor.template attributes<int8::attributes_type, table>()
#define REQUIRED(attributes_type, table) ATTRIBUTES(attributes_type, table)
#define EMPTY(code) visitor.empty(static_cast<BuiltinOptions>(code))
#define NONE visitor.none()
  switch (code) {
#define OCTET_TFLITE_OP(op, options, min, max, outputs, version, max_version, major, minor, patch) \
  case int8::OpCode::op:                                                                           \
    return options;
#include "interop/tflite/ops.inc"
  }
#undef ATTRIBUTES
#undef REQUIRED
#undef EMPTY
#undef NONE
  return visitor.none();
}

}  // namespace octet::tflite
