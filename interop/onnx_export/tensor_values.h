// The values of an ONNX graph by the graph's tensors: their order, and what they are called.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "interop/onnx_export/constant_values.h"
#include "interop/onnx_export/quantizers.h"
#include "interop/onnx_export/tensor_layout.h"

namespace octet::onnx_export {

class TensorValues {
 public:
  TensorValues(const int8::Graph& graph, const OnnxExportOptions& options, OnnxGraph& onnx);

  Quantizers quantizers;
  ConstantValues constants;

  const int8::TensorDef& def(int t) const { return quantizers.def(t); }
  const std::string& name(int t) { return quantizers.name(t); }
  Layout layout(int t) const { return layouts_[static_cast<std::size_t>(t)]; }
  Order order(int t) const { return file_order(layout(t), def(t).shape.size()); }
  /// Of the value as it is written.
  int8::Dims file_shape(int t) const { return ordered(def(t).shape, order(t)); }

  /// The value as reals (or integers), in the file's order; made where it is asked for first.
  std::string real(int t);
  /// `result`, in the file's order, is the value of `t`: its quantizer follows.
  void set(int t, const std::string& result);
  /// Tensor `t` has the value of `x`: the same codes, or reals where neither has a quantizer.
  void set_same(int t, int x);
  /// Q and DQ in front of an activation that takes away codes of `t`: ONNX Runtime computes what is
  /// in front of a Relu in floats unless they stand there. Not of int8: TensorRT fuses the Relu.
  std::string before_clamp(const std::string& value, int t) {
    return options_.unsigned_activations ? quantizers.requantized(value, t) : value;
  }

  // At the edges of the graph.
  void set_input(int t, const std::string& name);
  /// The value that output `t` is, as its type says.
  std::string output(int t);
  proto::TensorProto::DataType edge_type(int t) const;

 private:
  bool is_residual(int t) const;
  bool is_half(int t) const { return options_.half && edge_type(t) == proto::TensorProto::FLOAT; }

  const int8::Graph& graph_;
  const OnnxExportOptions& options_;
  OnnxGraph& onnx_;
  std::vector<Layout> layouts_;
  std::vector<std::string> real_, codes_;
  std::set<std::string> claimed_;  ///< values that are a tensor's
};

}  // namespace octet::onnx_export
