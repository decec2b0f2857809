// Functions of one value.
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

using int8::OpCode;

std::string_view unary_name(OpCode op) {
  switch (op) {
    case OpCode::logistic:
      return "Sigmoid";
    case OpCode::tanh:
      return "Tanh";
    default:
      return "HardSwish";
  }
}

}  // namespace

void write_unary(RowWriter& row) {
  row.y(row.add(unary_name(row.view.op()), {row.x()}));
}

void write_activation(RowWriter& row) {
  const OpCode op = row.view.op();
  row.y(row.clamped(row.x(), op == OpCode::relu    ? int8::Activation::relu
                             : op == OpCode::relu6 ? int8::Activation::relu6
                                                   : int8::Activation::relu_n1_to_1));
}

void write_softmax(RowWriter& row) {
  const float beta = row.view.attributes<int8::SoftmaxAttributes>().beta;
  const std::string x =
      beta == 1.0f ? row.x() : row.add("Mul", {row.x(), row.scalar("beta", beta)});
  const std::size_t last = row.y_shape().size() - 1;
  row.y(row.add("Softmax", {x}, {{"axis", file_axis(row.values.layout(row.x_index()), last)}}));
}

}  // namespace octet::onnx_export
