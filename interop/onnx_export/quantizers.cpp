#include "interop/onnx_export/quantizers.h"

#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::onnx_export {

using int8::DType;

const std::string& Quantizers::name(int t) {
  std::string& name = names_[static_cast<std::size_t>(t)].own;
  if (name.empty()) {
    const std::string& own = def(t).name;
    name = onnx_.unique_name(own.empty() ? text_of("tensor_", t) : own);
  }
  return name;
}

std::string Quantizers::named(int t, const std::string& value) {
  bool& given = names_[static_cast<std::size_t>(t)].given;
  if (!given) onnx_.rename(value, name(t));
  given = true;
  return value;
}

bool Quantizers::has_quantizer(int t) const {
  return options_.form == Form::qdq && int8::is_codes(def(t).type) &&
         !def(t).quantization.scale.empty();
}

const Quantizers::Params& Quantizers::params(int t, DType type) {
  Params& p = params_[{t, type}];
  if (!p.scale.empty()) return p;
  const int8::QuantParams own = int8::NodeView::code_params(def(t));
  const int zero = own.zero_point + int8::least_code(type) - int8::least_code(def(t).type);
  const auto code = static_cast<std::byte>(zero & 0xff);
  p.scale = onnx_.float32s(name(t) + "_scale", {}, std::span(&own.scale, 1));
  p.zero_point = onnx_.bytes(name(t) + "_zero_point", type, {}, std::span(&code, 1));
  return p;
}

std::string Quantizers::quantize(const std::string& value, int t, DType type) {
  const Params& p = params(t, type);
  return onnx_.add("QuantizeLinear", {value, p.scale, p.zero_point}, {}, name(t) + "_quantized");
}

std::string Quantizers::dequantize(const std::string& codes, int t, DType type) {
  const Params& p = params(t, type);
  return onnx_.add("DequantizeLinear", {codes, p.scale, p.zero_point}, {},
                   name(t) + "_dequantized");
}

std::string Quantizers::requantized(const std::string& value, int t) {
  if (!has_quantizer(t)) return value;
  const DType type = written_type(t);
  return dequantize(quantize(value, t, type), t, type);
}

bool Quantizers::same_codes(int t, int x) const {
  if (has_quantizer(t) != has_quantizer(x)) return false;
  if (!has_quantizer(t)) return true;
  const int8::QuantParams a = int8::NodeView::code_params(def(t)),
                          b = int8::NodeView::code_params(def(x));
  const int shift = int8::least_code(def(t).type) - int8::least_code(def(x).type);
  return a.scale == b.scale && a.zero_point == b.zero_point + shift &&
         written_type(t) == written_type(x);
}

}  // namespace octet::onnx_export
