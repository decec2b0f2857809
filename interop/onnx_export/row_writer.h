// One operator of the graph, for the function that writes it as operators of ONNX.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "int8/ops/node_view.h"
#include "interop/onnx_export/tensor_values.h"

namespace octet::onnx_export {

class RowWriter {
 public:
  RowWriter(const int8::NodeView& node, std::string_view onnx_op, TensorValues& tensors,
            OnnxGraph& graph)
      : view(node), onnx_name(onnx_op), values(tensors), onnx(graph) {}

  const int8::NodeView& view;
  const std::string_view onnx_name;  ///< OnnxRow::onnx
  TensorValues& values;
  OnnxGraph& onnx;

  int x_index(int i = 0) const { return i == 0 ? view.data_input() : view.input_index(i); }
  int y_index(int i = 0) const { return view.output_index(i); }
  const int8::Dims& x_shape(int i = 0) const { return values.def(x_index(i)).shape; }
  const int8::Dims& y_shape(int i = 0) const { return view.output(i).shape; }

  /// Operand `i` as reals, in the file's order.
  std::string x(int i = 0) { return values.real(x_index(i)); }
  /// The same, of such a rank that it broadcasts with output 0.
  std::string broadcast_x(int i);
  /// Operand `i` in the graph's order.
  std::string plain_x(int i = 0);
  /// Where dimension `axis` of operand `i` is in the file.
  std::int64_t x_axis(std::size_t axis, int i = 0) const {
    return file_axis(values.layout(x_index(i)), axis);
  }

  /// Appends an operator on the way to the outputs.
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  const AttributeList& attributes = {});
  std::string scalar(std::string_view what, float value);
  std::string integers(std::string_view what, const OnnxDims& list);
  /// A value that the next operator can take: Q and DQ of tensor `like` follow what add() gave.
  /// -1: of output 0.
  std::string settled(const std::string& value, int like = -1);

  // Moves; the operand is settled first.
  /// Transpose, unless `order` changes nothing.
  std::string transposed(const std::string& value, const Order& order, int like = -1);
  /// Reshape; dimension 0 is open.
  std::string reshaped(const std::string& value, const int8::Dims& shape, int like = -1);
  /// From the graph's order, and any shape of as many elements, to output `i` in the file's order.
  std::string as_output(const std::string& value, int i = 0);

  std::string clamped(const std::string& value, int8::Activation activation);
  /// Clip or Relu.
  std::string bounded(const std::string& value, std::optional<float> lo, std::optional<float> hi);
  /// The value of output `i`.
  void y(const std::string& value, int i = 0) { values.set(y_index(i), value); }

 private:
  int like_or_y(int like) const { return like < 0 ? y_index() : like; }

  std::set<std::string> results_;  ///< of add(), without a quantizer
};

/// The value of an attribute or operand that names dimensions, as axes of `shape`; ascending.
std::vector<std::size_t> resolved_axes(const std::vector<std::int32_t>& axes,
                                       const int8::Dims& shape);

}  // namespace octet::onnx_export
