// The values of an ONNX graph by the graph's tensors: their order, their quantizers, their names.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "interop/onnx_export/onnx_graph.h"
#include "interop/onnx_export/tensor_layout.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::onnx_export {

/// Weights as an operator of ONNX takes them.
struct WeightForm {
  Order order;            ///< of the dimensions
  std::int64_t axis = 0;  ///< of the written tensor: of the output channels
  /// Of rank 2: the columns are an image [h, w, c] and are written as [c, h, w].
  int8::Dims image = {};
};

class TensorValues {
 public:
  TensorValues(const int8::Graph& graph, const OnnxExportOptions& options, OnnxGraph& onnx);

  const int8::TensorDef& def(int t) const { return graph_.tensors[static_cast<std::size_t>(t)]; }
  Layout layout(int t) const { return layouts_[static_cast<std::size_t>(t)]; }
  Order order(int t) const { return file_order(layout(t), def(t).shape.size()); }
  /// Of the value as it is written.
  int8::Dims file_shape(int t) const { return ordered(def(t).shape, order(t)); }
  /// Whether Q and DQ stand behind the value.
  bool has_quantizer(int t) const;
  /// What the value is called; other names are made from this one.
  const std::string& name(int t);

  /// The value as reals (or integers), in the file's order; made where it is asked for first.
  std::string real(int t);
  /// A constant of lower rank as one of rank 4 whose last dimensions it has.
  std::string image_constant(int t);
  std::string weights(int t, const WeightForm& form);
  /// Bias codes of a product of values `x` and weights `w`.
  std::string bias(int t, int x, int w);

  /// `result`, in the file's order, is the value of `t`: its quantizer follows.
  void set(int t, const std::string& result);
  /// Tensor `t` has the value of `x`: the same codes, or reals where neither has a quantizer.
  void set_same(int t, int x);
  /// Whether a quantizer would give `t` the codes that `x` has.
  bool same_codes(int t, int x) const;
  /// The pair of Q and DQ of `t`, behind a value that is on the way to it.
  std::string requantized(const std::string& value, int t);

  /// The same in front of an activation that takes away codes: ONNX Runtime computes what is in
  /// front of a Relu in floats unless the pair stands there. Not of int8: TensorRT fuses the Relu.
  std::string before_clamp(const std::string& value, int t) {
    return options_.unsigned_activations ? requantized(value, t) : value;
  }

  void set_input(int t, const std::string& name);
  /// The value that output `t` is, as its type says.
  std::string output(int t);
  proto::TensorProto::DataType edge_type(int t) const;

 private:
  struct Quantizer {
    std::string scale, zero_point;
  };

  int8::DType written_type(int t) const;
  const Quantizer& quantizer(int t, int8::DType type);
  std::string quantize(const std::string& value, int t, int8::DType type);
  std::string dequantize(const std::string& codes, int t, int8::DType type);
  std::string constant(int t, const Order& order, const OnnxDims& shape);
  std::string float_constant(int t, const std::string& name, std::span<const std::byte> bytes,
                             const OnnxDims& shape, std::size_t axis);
  bool is_residual(int t) const;

  const int8::Graph& graph_;
  const OnnxExportOptions& options_;
  OnnxGraph& onnx_;
  std::vector<Layout> layouts_;
  std::vector<std::string> names_, real_, codes_;
  std::set<std::string> claimed_;  ///< values that are a tensor's
  std::map<std::pair<int, int8::DType>, Quantizer> quantizers_;
  std::map<std::string, std::string> constants_;  ///< by tensor and form
};

}  // namespace octet::onnx_export
