// Functions of one value.
#include <numbers>

#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {

using int8::OpCode;

void write_unary(RowWriter& row) {
  row.y(row.add(row.onnx_name, {row.x()}));
}

void write_activation(RowWriter& row) {
  switch (row.view.op()) {
    case OpCode::relu:
      return row.y(row.clamped(row.x(), int8::Activation::relu));
    case OpCode::relu6:
      return row.y(row.clamped(row.x(), int8::Activation::relu6));
    case OpCode::relu_n1_to_1:
      return row.y(row.clamped(row.x(), int8::Activation::relu_n1_to_1));
    default:
      return row.y(row.bounded(row.x(), 0.0f, 1.0f));
  }
}

void write_along_channels(RowWriter& row) {
  AttributeList attributes{{"axis", row.x_axis(row.x_shape().size() - 1)}};
  if (row.view.op() == OpCode::l2_normalization) attributes.push_back({"p", 2});
  row.y(row.add(row.onnx_name, {row.x()}, attributes));
}

void write_softmax(RowWriter& row) {
  const float beta = row.view.attributes<int8::SoftmaxAttributes>().beta;
  const std::string x =
      beta == 1.0f ? row.x() : row.add("Mul", {row.x(), row.scalar("beta", beta)});
  row.y(row.add("Softmax", {x}, {{"axis", row.x_axis(row.x_shape().size() - 1)}}));
}

void write_leaky_relu(RowWriter& row) {
  const float alpha = row.view.attributes<int8::LeakyReluAttributes>().alpha;
  row.y(row.add("LeakyRelu", {row.x()}, {{"alpha", alpha}}));
}

void write_gelu(RowWriter& row) {
  const std::string x = row.x();
  std::string inner = x;
  const bool approximate = row.view.attributes<int8::GeluAttributes>().approximate;
  if (approximate) {  // tanh(sqrt(2 / pi) (x + 0.044715 x^3))
    const std::string cube = row.add("Mul", {row.add("Mul", {x, x}), x});
    const std::string part = row.add("Mul", {cube, row.scalar("cubic", 0.044715f)});
    inner = row.add("Add", {x, part});
  }
  const double factor =
      approximate ? std::numbers::sqrt2 * std::numbers::inv_sqrtpi : 1 / std::numbers::sqrt2;
  const std::string scaled =
      row.add("Mul", {inner, row.scalar("factor", static_cast<float>(factor))});
  const std::string curve = row.add(approximate ? "Tanh" : "Erf", {scaled});
  const std::string gate = row.add("Add", {curve, row.scalar("one", 1.0f)});
  row.y(row.add("Mul", {row.add("Mul", {x, gate}), row.scalar("half", 0.5f)}));
}

void write_rsqrt(RowWriter& row) {
  row.y(row.add("Reciprocal", {row.add("Sqrt", {row.x()})}));
}

void write_square(RowWriter& row) {
  row.y(row.add("Mul", {row.x(), row.x()}));
}

}  // namespace octet::onnx_export
