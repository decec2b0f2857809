// One operator of the graph, for the function that writes it as operators of ONNX.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "int8/ops/node_view.h"
#include "interop/onnx_export/tensor_values.h"

namespace octet::onnx_export {

class RowWriter {
 public:
  RowWriter(const int8::NodeView& node, TensorValues& tensors, OnnxGraph& graph, Form node_form)
      : view(node), values(tensors), onnx(graph), form(node_form) {}

  const int8::NodeView& view;
  TensorValues& values;
  OnnxGraph& onnx;
  Form form;

  int x_index(int i = 0) const { return i == 0 ? view.data_input() : view.input_index(i); }
  int y_index(int i = 0) const { return view.output_index(i); }
  const int8::Dims& y_shape(int i = 0) const { return view.output(i).shape; }

  /// Operand `i` as reals, in the file's order.
  std::string x(int i = 0) { return values.real(x_index(i)); }
  /// The same, of such a rank that it broadcasts with the output.
  std::string broadcast_x(int i);
  /// Operand `i` in the graph's order.
  std::string plain_x(int i = 0);

  /// Appends an operator on the way to output 0.
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  const AttributeList& attributes = {});
  std::string scalar(std::string_view what, float value);
  std::string integers(std::string_view what, const OnnxDims& list);
  /// Transpose, unless `order` changes nothing; `like`: the tensor whose quantizer follows.
  std::string transposed(const std::string& value, const Order& order, int like);
  /// Reshape of a value in the graph's order, of as many elements, to output `i`, and of it to the
  /// file's order.
  std::string as_output(const std::string& value, int like, int i = 0);
  std::string reshaped(const std::string& value, const int8::Dims& shape, int like);
  std::string clamped(const std::string& value, int8::Activation activation);
  /// The value of output `i`.
  void y(const std::string& value, int i = 0) { values.set(y_index(i), value); }

 private:
  std::string bounded(const std::string& value, std::optional<float> lo, std::optional<float> hi);
};

}  // namespace octet::onnx_export
