// Of two values, and what changes the quantizer alone.
#include "int8/graph/attributes.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

std::string_view binary_name(OpCode op) {
  switch (op) {
    case OpCode::add:
      return "Add";
    case OpCode::sub:
      return "Sub";
    case OpCode::mul:
      return "Mul";
    case OpCode::div:
      return "Div";
    case OpCode::pow:
      return "Pow";
    case OpCode::maximum:
      return "Max";
    default:
      return "Min";
  }
}

int8::Activation activation_of(const int8::NodeView& node) {
  const auto* a = std::get_if<int8::ElementwiseAttributes>(&node.attributes());
  return a ? a->activation : int8::Activation::none;
}

}  // namespace

void write_binary(RowWriter& row) {
  const std::string y =
      row.add(binary_name(row.view.op()), {row.broadcast_x(0), row.broadcast_x(1)});
  row.y(row.clamped(y, activation_of(row.view)));
}

void write_squared_difference(RowWriter& row) {
  const std::string d = row.add("Sub", {row.broadcast_x(0), row.broadcast_x(1)});
  row.y(row.add("Mul", {d, d}));
}

void write_conversion(RowWriter& row) {
  if (row.values.same_codes(row.y_index(), row.x_index())) {
    row.values.set_same(row.y_index(), row.x_index());
  } else {
    row.y(row.x());
  }
}

}  // namespace octet::onnx_export
