#include "int8/xnnpack/arithmetic.h"

#include "int8/xnnpack/delegated.h"
#include "int8/xnnpack/xnnpack_nodes.h"

namespace octet::int8::xnnpack {
namespace {

/// Whether the codes of an operator that XNNPACK has no rule for depend on the rounding.
bool depends_on_rounding(OpCode op) noexcept {
  switch (op) {
    case OpCode::relu:
    case OpCode::relu6:
    case OpCode::relu_n1_to_1:
    case OpCode::relu_0_to_1:
    case OpCode::abs:
    case OpCode::prelu:
    case OpCode::rsqrt:
    case OpCode::l2_normalization:
    case OpCode::squared_difference:
    case OpCode::svdf:
    case OpCode::unidirectional_sequence_lstm:
      return true;
    default:
      return false;
  }
}

}  // namespace

Arithmetic arithmetic_of(const NodeView& node) {
  if (!is_of_codes(node)) return Arithmetic::any;
  if (node.op() == OpCode::softmax || node.op() == OpCode::log_softmax) return Arithmetic::float32;
  if (!has_rule(node.op()))
    return depends_on_rounding(node.op()) ? Arithmetic::twice : Arithmetic::any;
  if (is_delegated(node)) return Arithmetic::xnnpack;
  const bool vectors = node.op() == OpCode::quantize || channels_in_vectors(node) > 0;
  return vectors ? Arithmetic::ties_up : Arithmetic::twice;
}

std::string_view arithmetic_name(Arithmetic arithmetic) noexcept {
  switch (arithmetic) {
    case Arithmetic::any:
      break;
    case Arithmetic::xnnpack:
      return "xnnpack";
    case Arithmetic::float32:
      return "float32";
    case Arithmetic::twice:
      return "double";
    case Arithmetic::ties_up:
      return "double, ties up";
  }
  return "any";
}

}  // namespace octet::int8::xnnpack
