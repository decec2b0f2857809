// The names of values, and their scales and zero points.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "interop/onnx_export/onnx_graph.h"
#include "interop/onnx_export/write_onnx.h"

namespace octet::onnx_export {

class Quantizers {
 public:
  Quantizers(const int8::Graph& graph, const OnnxExportOptions& options, OnnxGraph& onnx)
      : graph_(graph), options_(options), onnx_(onnx), names_(graph.tensors.size()) {}

  const int8::TensorDef& def(int t) const { return graph_.tensors[static_cast<std::size_t>(t)]; }

  /// What tensor `t` is called; other names are made from this one.
  const std::string& name(int t);
  void set_name(int t, const std::string& name) { names_[static_cast<std::size_t>(t)].own = name; }
  /// `value` gets the tensor's name, unless another has it. Returns `value`.
  std::string named(int t, const std::string& value);

  /// Whether Q and DQ stand behind the value.
  bool has_quantizer(int t) const;
  /// Of the codes of activations.
  int8::DType written_type(int t) const {
    return options_.unsigned_activations ? int8::DType::u8 : def(t).type;
  }
  std::string quantize(const std::string& value, int t, int8::DType type);
  std::string dequantize(const std::string& codes, int t, int8::DType type);
  /// Q and DQ behind a value; the value itself if `t` has no quantizer.
  std::string requantized(const std::string& value, int t);
  /// Whether a quantizer of `t` would give the codes that `x` has.
  bool same_codes(int t, int x) const;

 private:
  struct Name {
    std::string own;
    bool given = false;  ///< to a value
  };
  struct Params {
    std::string scale, zero_point;
  };
  const Params& params(int t, int8::DType type);

  const int8::Graph& graph_;
  const OnnxExportOptions& options_;
  OnnxGraph& onnx_;
  std::vector<Name> names_;
  std::map<std::pair<int, int8::DType>, Params> params_;
};

}  // namespace octet::onnx_export
