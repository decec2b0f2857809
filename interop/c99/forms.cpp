#include "interop/c99/forms.h"

#include <algorithm>

#include "int8/ops/of_constants.h"

namespace octet::c99 {
namespace {

using int8::DType;
using int8::OpCode;

/// A product with a table of the same value, which the engine has made one step of.
bool is_gate(const int8::NodeView& node, const int8::Step& step) {
  return node.op() == OpCode::mul && step.inputs.size() == 1 && !node.input(0).constant &&
         !node.input(1).constant;
}

WriteStep of_codes(OpCode op) noexcept {
  switch (op) {
#define OCTET_INT8_OP(op, code, name, create)
#define OCTET_INT8_TABLE_OP(op, code, name) case OpCode::op:
#include "int8/graph/ops.inc"
    case OpCode::quantize:
    case OpCode::gather:  // by computed indices: of a table (int8/engine/find_tables.h)
      return write_table;
    case OpCode::conv_2d:
    case OpCode::depthwise_conv_2d:
      return write_conv;
    case OpCode::fully_connected:
      return write_fully_connected;
    case OpCode::transpose_conv:
      return write_transpose_conv;
    case OpCode::add:
    case OpCode::sub:
    case OpCode::mul:
    case OpCode::prelu:
    case OpCode::minimum:
    case OpCode::maximum:
      return write_binary;
    case OpCode::average_pool_2d:
    case OpCode::max_pool_2d:
      return write_pool;
    case OpCode::mean:
    case OpCode::sum:
    case OpCode::reduce_min:
    case OpCode::reduce_max:
      return write_reduction;
    case OpCode::softmax:
      return write_softmax;
    case OpCode::resize_bilinear:
      return write_bilinear;
    default:
      return nullptr;
  }
}

/// Those that take values of any type.
bool moves_bytes(const int8::NodeView& node) noexcept {
  switch (node.op()) {
    case OpCode::concatenation:
    case OpCode::depth_to_space:
    case OpCode::space_to_depth:
    case OpCode::pad:
    case OpCode::padv2:
    case OpCode::batch_to_space_nd:
    case OpCode::space_to_batch_nd:
    case OpCode::transpose:
    case OpCode::strided_slice:
    case OpCode::slice:
    case OpCode::split:
    case OpCode::split_v:
    case OpCode::tile:
    case OpCode::pack:
    case OpCode::unpack:
    case OpCode::resize_nearest_neighbor:
    case OpCode::mirror_pad:
    case OpCode::broadcast_to:
    case OpCode::reshape:
    case OpCode::squeeze:
    case OpCode::expand_dims:
      return true;
    case OpCode::gather:
      return static_cast<bool>(node.input(1).constant);
    default:
      return false;
  }
}

}  // namespace

WriteStep find_form(const int8::NodeView& node, const int8::Step& step) {
  if (step.alias) return write_alias;
  if (int8::is_of_constants(node) || moves_bytes(node)) return write_moves;
  if (is_gate(node, step)) return write_table;
  const auto are = [&](const std::vector<int>& tensors, auto is) {
    return std::all_of(tensors.begin(), tensors.end(),
                       [&](int t) { return is(node.tensor(t).type); });
  };
  const auto is_float = [](DType type) { return type == DType::f32; };
  const bool codes_in = are(step.inputs, int8::is_codes);
  const bool codes_out = are(step.outputs, int8::is_codes);
  if (node.op() == OpCode::quantize && are(step.inputs, is_float) && codes_out) {
    return write_quantize;
  }
  if (node.op() == OpCode::dequantize && codes_in && are(step.outputs, is_float)) {
    return write_dequantize;
  }
  return codes_in && codes_out ? of_codes(node.op()) : nullptr;
}

}  // namespace octet::c99
