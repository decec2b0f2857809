#include "interop/onnx_export/tensor_values.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "interop/onnx_export/find_layouts.h"

namespace octet::onnx_export {
namespace {

using int8::DType;
using int8::OpCode;

OnnxDims extents(const int8::Dims& shape) {
  return {shape.begin(), shape.end()};
}

std::span<const std::byte> bytes_of(const int8::TensorDef& t) {
  return {t.constant.data, t.constant.size};
}

}  // namespace

TensorValues::TensorValues(const int8::Graph& graph, const OnnxExportOptions& options,
                           OnnxGraph& onnx)
    : graph_(graph),
      options_(options),
      onnx_(onnx),
      layouts_(find_layouts(graph)),
      names_(graph.tensors.size()),
      real_(graph.tensors.size()),
      codes_(graph.tensors.size()) {}

const std::string& TensorValues::name(int t) {
  std::string& name = names_[static_cast<std::size_t>(t)];
  if (name.empty()) {
    const std::string& own = def(t).name;
    name = onnx_.unique_name(own.empty() ? text_of("tensor_", t) : own);
  }
  return name;
}

bool TensorValues::has_quantizer(int t) const {
  return options_.form == Form::qdq && int8::is_codes(def(t).type) &&
         !def(t).quantization.scale.empty();
}

DType TensorValues::written_type(int t) const {
  return options_.unsigned_activations ? DType::u8 : def(t).type;
}

const TensorValues::Quantizer& TensorValues::quantizer(int t, DType type) {
  Quantizer& q = quantizers_[{t, type}];
  if (!q.scale.empty()) return q;
  const int8::QuantParams params = int8::NodeView::code_params(def(t));
  const int zero = params.zero_point + int8::least_code(type) - int8::least_code(def(t).type);
  const auto code = static_cast<std::byte>(zero & 0xff);
  q.scale = onnx_.float32s(name(t) + "_scale", {}, std::span(&params.scale, 1));
  q.zero_point = onnx_.bytes(name(t) + "_zero_point", type, {}, std::span(&code, 1));
  return q;
}

std::string TensorValues::quantize(const std::string& value, int t, DType type) {
  const Quantizer& q = quantizer(t, type);
  return onnx_.add("QuantizeLinear", {value, q.scale, q.zero_point}, {}, name(t) + "_quantized");
}

std::string TensorValues::dequantize(const std::string& codes, int t, DType type) {
  const Quantizer& q = quantizer(t, type);
  return onnx_.add("DequantizeLinear", {codes, q.scale, q.zero_point}, {},
                   name(t) + "_dequantized");
}

std::string TensorValues::requantized(const std::string& value, int t) {
  if (!has_quantizer(t)) return value;
  const DType type = written_type(t);
  return dequantize(quantize(value, t, type), t, type);
}

std::string TensorValues::real(int t) {
  std::string& real = real_[static_cast<std::size_t>(t)];
  if (!real.empty()) return real;
  if (def(t).constant) return constant(t, order(t), extents(file_shape(t)));
  const std::string& codes = codes_[static_cast<std::size_t>(t)];
  OCTET_CHECK(!codes.empty(), int8::quoted(def(t)), ": has no value");
  real = dequantize(codes, t, written_type(t));
  claimed_.insert(real);
  onnx_.rename(real, name(t));
  return real;
}

std::string TensorValues::image_constant(int t) {
  int8::Dims shape = def(t).shape;
  shape.insert(shape.begin(), 4 - shape.size(), 1);
  const Order order = file_order(Layout::image, 4);
  // One dimension at most is larger than 1, or the elements change their places.
  int8::TensorDef padded = def(t);
  padded.shape = shape;
  const std::string key = text_of(t, " as an image");
  std::string& found = constants_[key];
  if (!found.empty()) return found;
  OCTET_CHECK(padded.quantization.scale.size() <= 1, int8::quoted(padded),
              ": expected one scale, got ", padded.quantization.scale.size());
  const std::size_t size = int8::dtype_size(padded.type);
  const std::vector<std::byte> moved = ordered(bytes_of(padded), size, shape, order);
  if (has_quantizer(t)) {
    const DType type = written_type(t);
    std::vector<std::byte> codes = moved;
    if (type != padded.type) {
      for (std::byte& c : codes) c ^= std::byte{0x80};
    }
    return found = dequantize(
               onnx_.bytes(name(t) + "_quantized", type, extents(ordered(shape, order)), codes), t,
               type);
  }
  return found = float_constant(t, name(t) + "_image", moved, extents(ordered(shape, order)), 0);
}

std::string TensorValues::float_constant(int t, const std::string& name,
                                         std::span<const std::byte> bytes, const OnnxDims& shape,
                                         std::size_t axis) {
  const int8::TensorDef& d = def(t);
  const auto& scales = d.quantization.scale;
  if (d.type != DType::f32 && (!int8::is_codes(d.type) || scales.empty())) {
    return onnx_.bytes(name, d.type, shape, bytes);
  }
  if (d.type == DType::f32) {
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return onnx_.floats(name, shape, values);
  }
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) inner *= static_cast<std::size_t>(shape[k]);
  const std::vector<std::int32_t>& zeros = d.quantization.zero_point;
  std::vector<float> values;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t c = scales.size() > 1 ? i / inner % scales.size() : 0;
    const int code = d.type == DType::u8 ? std::to_integer<int>(bytes[i])
                                         : std::to_integer<int>(bytes[i] ^ std::byte{0x80}) - 128;
    const int zero = zeros.empty() ? 0 : zeros[std::min(c, zeros.size() - 1)];
    values.push_back(scales[c] * static_cast<float>(code - zero));
  }
  return onnx_.floats(name, shape, values);
}

std::string TensorValues::constant(int t, const Order& order, const OnnxDims& shape) {
  std::string& found = constants_[text_of(t, " as it is")];
  if (!found.empty()) return found;
  const int8::TensorDef& d = def(t);
  std::vector<std::byte> bytes = ordered(bytes_of(d), int8::dtype_size(d.type), d.shape, order);
  if (!has_quantizer(t) || d.quantization.scale.size() > 1) {
    const auto axis = file_axis(layout(t), static_cast<std::size_t>(d.quantization.axis));
    return found = float_constant(t, name(t), bytes, shape, static_cast<std::size_t>(axis));
  }
  const DType type = written_type(t);
  if (type != d.type) {
    for (std::byte& c : bytes) c ^= std::byte{0x80};
  }
  return found = dequantize(onnx_.bytes(name(t) + "_quantized", type, shape, bytes), t, type);
}

std::string TensorValues::weights(int t, const WeightForm& form) {
  std::string key = text_of(t, " as weights");
  for (const std::size_t d : form.order) key += text_of(' ', d);
  for (const std::int32_t d : form.image) key += text_of(" of ", d);
  std::string& found = constants_[key];
  if (!found.empty()) return found;

  const int8::TensorDef& d = def(t);
  const OnnxDims shape = extents(ordered(d.shape, form.order));
  const std::size_t size = int8::dtype_size(d.type);
  std::vector<std::byte> bytes;
  if (form.image.empty()) {
    bytes = ordered(bytes_of(d), size, d.shape, form.order);
  } else {
    const int8::Dims& i = form.image;
    bytes = ordered(bytes_of(d), size, {d.shape[0], i[0], i[1], i[2]}, {0, 3, 1, 2});
  }
  if (!has_quantizer(t)) {
    return found = float_constant(t, name(t), bytes, shape, static_cast<std::size_t>(form.axis));
  }
  const std::vector<float>& scales = d.quantization.scale;
  const bool per_channel = scales.size() > 1;
  const OnnxDims channels =
      per_channel ? OnnxDims{static_cast<std::int64_t>(scales.size())} : OnnxDims{};
  std::vector<std::byte> zeros(scales.size());
  for (std::size_t c = 0; c < zeros.size() && c < d.quantization.zero_point.size(); ++c) {
    zeros[c] = static_cast<std::byte>(d.quantization.zero_point[c] & 0xff);
  }
  AttributeList attributes;
  if (per_channel) attributes.push_back({"axis", form.axis});
  const std::string codes = onnx_.bytes(name(t) + "_quantized", d.type, shape, bytes);
  const std::string scale = onnx_.float32s(name(t) + "_scale", channels, scales);
  const std::string zero = onnx_.bytes(name(t) + "_zero_point", d.type, channels, zeros);
  found = onnx_.add("DequantizeLinear", {codes, scale, zero}, attributes, name(t) + "_dequantized");
  onnx_.rename(found, name(t));
  return found;
}

std::string TensorValues::bias(int t, int x, int w) {
  const int8::TensorDef& d = def(t);
  if (d.type == DType::f32) return real(t);
  const std::vector<std::int32_t> codes = int8::read_i32(d);
  const float s_x = int8::NodeView::code_params(def(x)).scale;
  const std::vector<float>& s_w = def(w).quantization.scale;
  std::vector<float> scales, reals;
  for (std::size_t c = 0; c < std::max(codes.size(), s_w.size()); ++c) {
    const float scale = s_x * s_w[s_w.size() > 1 ? c : 0];
    if (scales.empty() || s_w.size() > 1) scales.push_back(scale);
    if (c < codes.size()) {
      OCTET_CHECK(codes[c] > std::numeric_limits<std::int32_t>::min(), int8::quoted(d),
                  ": the code of channel ", c, " is -2^31, which runtimes clamp or lose");
      reals.push_back(static_cast<float>(double{scale} * codes[c]));
    }
  }
  const OnnxDims shape{static_cast<std::int64_t>(codes.size())};
  if (options_.float_bias || options_.form == Form::dequantized) {
    return onnx_.floats(name(t), shape, reals);
  }
  const bool per_channel = scales.size() > 1;
  const std::string code =
      onnx_.bytes(name(t) + "_quantized", DType::i32, shape, std::as_bytes(std::span(codes)));
  const std::string scale = onnx_.float32s(
      name(t) + "_scale",
      per_channel ? OnnxDims{static_cast<std::int64_t>(scales.size())} : OnnxDims{}, scales);
  AttributeList attributes;
  if (per_channel) attributes.push_back({"axis", 0});
  return onnx_.add("DequantizeLinear", {code, scale}, attributes, name(t));
}

bool TensorValues::is_residual(int t) const {
  bool of_conv = false, to_add = false;
  for (const int8::Node& n : graph_.nodes) {
    const bool conv = n.op == OpCode::conv_2d || n.op == OpCode::depthwise_conv_2d;
    if (n.outputs[0] == t) of_conv = conv;
    to_add |= n.op == OpCode::add && n.inputs.size() == 2 && !def(n.inputs[0]).constant &&
              !def(n.inputs[1]).constant && (n.inputs[0] == t || n.inputs[1] == t);
  }
  return of_conv && to_add;
}

void TensorValues::set(int t, const std::string& result) {
  const auto at = static_cast<std::size_t>(t);
  if (!has_quantizer(t)) {
    real_[at] = result;
    if (claimed_.insert(result).second && !onnx_.is_initializer(result)) {
      onnx_.rename(result, name(t));
    }
    return;
  }
  const std::string value =
      options_.requantize_before_add && is_residual(t) ? requantized(result, t) : result;
  codes_[at] = quantize(value, t, written_type(t));
}

bool TensorValues::same_codes(int t, int x) const {
  if (has_quantizer(t) != has_quantizer(x)) return false;
  if (!has_quantizer(t)) return true;
  const int8::QuantParams a = int8::NodeView::code_params(def(t)),
                          b = int8::NodeView::code_params(def(x));
  const int shift = int8::least_code(def(t).type) - int8::least_code(def(x).type);
  return a.scale == b.scale && a.zero_point == b.zero_point + shift &&
         written_type(t) == written_type(x);
}

void TensorValues::set_same(int t, int x) {
  const auto at = static_cast<std::size_t>(t), from = static_cast<std::size_t>(x);
  if (has_quantizer(t) && !codes_[from].empty()) {
    codes_[at] = codes_[from];
  } else {
    set(t, real(x));
  }
}

proto::TensorProto::DataType TensorValues::edge_type(int t) const {
  const bool real = options_.form == Form::dequantized && int8::is_codes(def(t).type) &&
                    !def(t).quantization.scale.empty();
  return real ? proto::TensorProto::FLOAT : onnx_type(def(t).type);
}

void TensorValues::set_input(int t, const std::string& name) {
  const auto at = static_cast<std::size_t>(t);
  names_[at] = name;
  claimed_.insert(name);
  if (!has_quantizer(t)) {
    const bool cast = onnx_.half() && edge_type(t) == proto::TensorProto::FLOAT;
    real_[at] =
        cast ? onnx_.add("Cast", {name}, {{"to", proto::TensorProto::FLOAT16}}, name + "_half")
             : name;
    claimed_.insert(real_[at]);
    return;
  }
  names_[at] = onnx_.unique_name(name + "_real");
  const DType type = def(t).type;
  codes_[at] =
      type == written_type(t) ? name : quantize(dequantize(name, t, type), t, written_type(t));
}

std::string TensorValues::output(int t) {
  if (!has_quantizer(t)) {
    const std::string value = real(t);
    const bool cast = onnx_.half() && edge_type(t) == proto::TensorProto::FLOAT;
    return cast
               ? onnx_.add("Cast", {value}, {{"to", proto::TensorProto::FLOAT}}, name(t) + "_float")
               : value;
  }
  const DType type = def(t).type;
  const std::string& codes = codes_[static_cast<std::size_t>(t)];
  return type == written_type(t) && !codes.empty() ? codes : quantize(real(t), t, type);
}

}  // namespace octet::onnx_export
