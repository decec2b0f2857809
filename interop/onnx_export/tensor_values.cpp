#include "interop/onnx_export/tensor_values.h"

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "interop/onnx_export/find_layouts.h"

namespace octet::onnx_export {

using int8::DType;
using int8::OpCode;

TensorValues::TensorValues(const int8::Graph& graph, const OnnxExportOptions& options,
                           OnnxGraph& onnx)
    : quantizers(graph, options, onnx),
      constants(options, onnx, quantizers),
      graph_(graph),
      options_(options),
      onnx_(onnx),
      layouts_(find_layouts(graph)),
      real_(graph.tensors.size()),
      codes_(graph.tensors.size()) {}

std::string TensorValues::real(int t) {
  std::string& real = real_[static_cast<std::size_t>(t)];
  if (!real.empty()) return real;
  if (def(t).constant) return constants.value(t, def(t).shape, order(t));
  const std::string& codes = codes_[static_cast<std::size_t>(t)];
  OCTET_CHECK(!codes.empty(), int8::quoted(def(t)), ": has no value");
  real = quantizers.dequantize(codes, t, quantizers.written_type(t));
  claimed_.insert(real);
  return quantizers.named(t, real);
}

bool TensorValues::is_residual(int t) const {
  bool of_conv = false, to_add = false;
  for (const int8::Node& n : graph_.nodes) {
    const bool conv = n.op == OpCode::conv_2d || n.op == OpCode::depthwise_conv_2d;
    if (n.outputs[0] == t) of_conv = conv;
    to_add |= n.op == OpCode::add && !def(n.inputs[0]).constant && !def(n.inputs[1]).constant &&
              (n.inputs[0] == t || n.inputs[1] == t);
  }
  return of_conv && to_add;
}

void TensorValues::set(int t, const std::string& result) {
  const auto at = static_cast<std::size_t>(t);
  if (!quantizers.has_quantizer(t)) {
    real_[at] = result;
    const bool is_new = claimed_.insert(result).second && !onnx_.is_initializer(result);
    if (is_new) quantizers.named(t, result);
    return;
  }
  const bool twice = options_.requantize_before_add && is_residual(t);
  codes_[at] = quantizers.quantize(twice ? quantizers.requantized(result, t) : result, t,
                                   quantizers.written_type(t));
}

void TensorValues::set_same(int t, int x) {
  const std::string& codes = codes_[static_cast<std::size_t>(x)];
  if (quantizers.has_quantizer(t) && !codes.empty()) {
    codes_[static_cast<std::size_t>(t)] = codes;
  } else {
    set(t, real(x));
  }
}

proto::TensorProto::DataType TensorValues::edge_type(int t) const {
  const bool codes = int8::is_codes(def(t).type) && !def(t).quantization.scale.empty();
  return codes && options_.form == Form::dequantized ? proto::TensorProto::FLOAT
                                                     : onnx_type(def(t).type);
}

void TensorValues::set_input(int t, const std::string& name) {
  const auto at = static_cast<std::size_t>(t);
  claimed_.insert(name);
  if (!quantizers.has_quantizer(t)) {
    quantizers.set_name(t, name);
    real_[at] = is_half(t) ? onnx_.add("Cast", {name}, {{"to", proto::TensorProto::FLOAT16}},
                                       name + "_half")
                           : name;
    claimed_.insert(real_[at]);
    return;
  }
  quantizers.set_name(t, onnx_.unique_name(name + "_real"));
  const DType type = def(t).type, written = quantizers.written_type(t);
  codes_[at] = type == written
                   ? name
                   : quantizers.quantize(quantizers.dequantize(name, t, type), t, written);
}

std::string TensorValues::output(int t) {
  if (!quantizers.has_quantizer(t)) {
    const std::string value = real(t);
    if (!is_half(t)) return value;
    return onnx_.add("Cast", {value}, {{"to", proto::TensorProto::FLOAT}}, name(t) + "_float");
  }
  const DType type = def(t).type;
  const std::string& codes = codes_[static_cast<std::size_t>(t)];
  return type == quantizers.written_type(t) && !codes.empty()
             ? codes
             : quantizers.quantize(real(t), t, type);
}

}  // namespace octet::onnx_export
