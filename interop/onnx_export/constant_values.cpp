#include "interop/onnx_export/constant_values.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::onnx_export {
namespace {

using int8::DType;

OnnxDims dims_of(const int8::Dims& shape) {
  return {shape.begin(), shape.end()};
}

std::vector<std::byte> ordered_constant(const int8::TensorDef& t, const int8::Dims& shape,
                                        const Order& order) {
  return ordered({t.constant.data, t.constant.size}, int8::dtype_size(t.type), shape, order);
}

/// To int8 codes, as uint8.
void add_128(std::vector<std::byte>& codes) {
  for (std::byte& code : codes) code ^= std::byte{0x80};
}

/// A sum of two products with codes of 0 to 255 may exceed 16 bits.
bool saturates(const std::vector<std::byte>& codes) {
  constexpr int most = 64;
  return std::any_of(codes.begin(), codes.end(), [](std::byte b) {
    const int code = static_cast<std::int8_t>(b);
    return code > most || code < -most;
  });
}

std::string key_of(int t, const int8::Dims& shape, const Order& order) {
  std::string key = std::to_string(t) + int8::to_string(shape);
  for (const std::size_t d : order) key += ' ' + std::to_string(d);
  return key;
}

}  // namespace

std::string ConstantWriter::value(int t, const int8::Dims& shape, const Order& order) {
  std::string& found = found_["value " + key_of(t, shape, order)];
  if (!found.empty()) return found;
  const int8::TensorDef& d = quantizers_.def(t);
  std::vector<std::byte> bytes = ordered_constant(d, shape, order);
  const int8::Dims written = ordered(shape, order);
  const std::size_t scales = d.quantization.scale.size();
  if (!quantizers_.has_quantizer(t) || scales > 1) {
    const std::size_t added = shape.size() - d.shape.size();
    const std::size_t axis = scales > 1 ? static_cast<std::size_t>(d.quantization.axis) + added : 0;
    const auto at = std::find(order.begin(), order.end(), axis) - order.begin();
    return found = quantizers_.named(t, reals(t, bytes, written, static_cast<std::size_t>(at)));
  }
  const DType type = quantizers_.written_type(t);
  if (type != d.type) add_128(bytes);
  const std::string codes =
      onnx_.bytes(quantizers_.name(t) + "_quantized", type, dims_of(written), bytes);
  return found = quantizers_.named(t, quantizers_.dequantize(codes, t, type));
}

std::string ConstantWriter::weights(int t, const WeightForm& form) {
  std::string& found = found_["weights " + key_of(t, form.image, form.order)];
  if (!found.empty()) return found;
  const int8::TensorDef& d = quantizers_.def(t);
  const int8::Dims& i = form.image;
  std::vector<std::byte> bytes =
      i.empty() ? ordered_constant(d, d.shape, form.order)
                : ordered_constant(d, {d.shape[0], i[0], i[1], i[2]}, {0, 3, 1, 2});
  const int8::Dims shape = ordered(d.shape, form.order);
  if (!quantizers_.has_quantizer(t)) {
    found = reals(t, bytes, shape, static_cast<std::size_t>(form.axis));
    return quantizers_.named(t, found);
  }
  const bool as_unsigned = options_.unsigned_weights && d.type == DType::i8 && saturates(bytes);
  if (as_unsigned) add_128(bytes);
  found = codes(t, as_unsigned ? DType::u8 : d.type, bytes, shape, d.quantization.scale, form.axis);
  return quantizers_.named(t, found);
}

std::string ConstantWriter::bias(int t, int x, int w) {
  const int8::TensorDef& d = quantizers_.def(t);
  if (d.type == DType::f32) return value(t, d.shape, file_order(Layout::plain, d.shape.size()));
  const std::vector<std::int32_t> list = int8::read_i32(d);
  const float s_x = int8::NodeView::code_params(quantizers_.def(x)).scale;
  std::vector<float> scales, floats;
  for (const float s_w : quantizers_.def(w).quantization.scale) scales.push_back(s_x * s_w);
  for (std::size_t c = 0; c < list.size(); ++c) {
    OCTET_CHECK(list[c] > std::numeric_limits<std::int32_t>::min(), int8::quoted(d),
                ": the code of channel ", c, " is -2^31, which runtimes clamp or lose");
    floats.push_back(static_cast<float>(double{scales[scales.size() > 1 ? c : 0]} * list[c]));
  }
  const int8::Dims shape{static_cast<std::int32_t>(list.size())};
  const bool as_floats = options_.float_bias || options_.form == Form::dequantized;
  return quantizers_.named(
      t, as_floats ? onnx_.floats(quantizers_.name(t), dims_of(shape), floats)
                   : codes(t, DType::i32, std::as_bytes(std::span(list)), shape, scales, 0));
}

std::string ConstantWriter::codes(int t, DType type, std::span<const std::byte> bytes,
                                  const int8::Dims& shape, std::span<const float> scales,
                                  std::int64_t axis) {
  const std::string& name = quantizers_.name(t);
  const bool many = scales.size() > 1;
  const OnnxDims channels = many ? OnnxDims{static_cast<std::int64_t>(scales.size())} : OnnxDims{};
  std::vector<std::string> operands{onnx_.bytes(name + "_quantized", type, dims_of(shape), bytes),
                                    onnx_.float32s(name + "_scale", channels, scales)};
  if (type != DType::i32) {  // whose zero point is none
    const int8::TensorDef& d = quantizers_.def(t);
    const std::vector<std::int32_t>& own = d.quantization.zero_point;
    const int shift = int8::least_code(type) - int8::least_code(d.type);
    std::vector<std::byte> zeros;
    for (std::size_t c = 0; c < scales.size(); ++c) {
      zeros.push_back(static_cast<std::byte>(((c < own.size() ? own[c] : 0) + shift) & 0xff));
    }
    operands.push_back(onnx_.bytes(name + "_zero_point", type, channels, zeros));
  }
  AttributeList attributes;
  if (many) attributes.push_back({"axis", axis});
  return onnx_.add("DequantizeLinear", operands, attributes, name + "_dequantized");
}

std::string ConstantWriter::reals(int t, std::span<const std::byte> bytes, const int8::Dims& shape,
                                  std::size_t axis) {
  const int8::TensorDef& d = quantizers_.def(t);
  const std::string& name = quantizers_.name(t);
  const std::vector<float>& scales = d.quantization.scale;
  if (d.type == DType::f32) {
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return onnx_.floats(name, dims_of(shape), values);
  }
  if (!int8::is_codes(d.type) || scales.empty()) {
    return onnx_.bytes(name, d.type, dims_of(shape), bytes);
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
  return onnx_.floats(name, dims_of(shape), values);
}

}  // namespace octet::onnx_export
