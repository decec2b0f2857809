#include "interop/onnx_export/onnx_graph.h"

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "base/printable.h"

namespace octet::onnx_export {
namespace {

void write_attribute(proto::NodeProto& node, const Attribute& attribute) {
  using Proto = proto::AttributeProto;
  Proto& a = *node.add_attribute();
  a.set_name(std::string(attribute.name));
  if (const auto* i = std::get_if<std::int64_t>(&attribute.value)) {
    a.set_type(Proto::INT);
    a.set_i(*i);
  } else if (const auto* f = std::get_if<float>(&attribute.value)) {
    a.set_type(Proto::FLOAT);
    a.set_f(*f);
  } else if (const auto* s = std::get_if<std::string_view>(&attribute.value)) {
    a.set_type(Proto::STRING);
    a.set_s(std::string(*s));
  } else {
    a.set_type(Proto::INTS);
    for (const std::int64_t v : std::get<OnnxDims>(attribute.value)) a.add_ints(v);
  }
}

}  // namespace

proto::TensorProto::DataType onnx_type(int8::DType type) noexcept {
  using Proto = proto::TensorProto;
  switch (type) {
    case int8::DType::f32:
      return Proto::FLOAT;
    case int8::DType::i32:
      return Proto::INT32;
    case int8::DType::i8:
      return Proto::INT8;
    case int8::DType::u8:
      return Proto::UINT8;
    case int8::DType::i16:
      return Proto::INT16;
    case int8::DType::i64:
      return Proto::INT64;
  }
  return Proto::UNDEFINED;
}

std::string OnnxGraph::unique_name(const std::string& wanted) {
  std::string name = wanted;
  while (names_[name]++ > 0) name = text_of(wanted, '_', ++names_[wanted] - 1);
  return name;
}

std::string OnnxGraph::add(std::string_view op, const std::vector<std::string>& inputs,
                           const AttributeList& attributes, const std::string& name) {
  return add_many(op, inputs, attributes, {name})[0];
}

std::vector<std::string> OnnxGraph::add_many(std::string_view op,
                                             const std::vector<std::string>& inputs,
                                             const AttributeList& attributes,
                                             const std::vector<std::string>& names) {
  proto::NodeProto& node = *graph_.add_node();
  node.set_op_type(std::string(op));
  for (const std::string& input : inputs) node.add_input(input);
  std::vector<std::string> outputs;
  for (const std::string& name : names) {
    outputs.push_back(unique_name(name));
    node.add_output(outputs.back());
  }
  for (const Attribute& a : attributes) write_attribute(node, a);
  return outputs;
}

proto::TensorProto& OnnxGraph::initializer(const std::string& name,
                                           proto::TensorProto::DataType type, const OnnxDims& shape,
                                           std::span<const std::byte> raw) {
  proto::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(unique_name(name));
  tensor.set_data_type(type);
  for (const std::int64_t extent : shape) tensor.add_dims(extent);
  tensor.set_raw_data(raw.data(), raw.size());
  initializers_[tensor.name()] = true;
  return tensor;
}

std::string OnnxGraph::floats(const std::string& name, const OnnxDims& shape,
                              std::span<const float> values) {
  if (!half_) return float32s(name, shape, values);
  std::vector<std::uint16_t> halves;
  for (const float value : values) {
    halves.push_back(half_of_float(value));
    OCTET_CHECK((halves.back() & 0x7fffu) != 0x7c00u || std::isinf(value), '\'', one_line(name),
                "': ", value, " is more than FLOAT16 holds (65504)");
  }
  return initializer(name, proto::TensorProto::FLOAT16, shape, std::as_bytes(std::span(halves)))
      .name();
}

std::string OnnxGraph::float32s(const std::string& name, const OnnxDims& shape,
                                std::span<const float> values) {
  return initializer(name, proto::TensorProto::FLOAT, shape, std::as_bytes(values)).name();
}

std::string OnnxGraph::integers(const std::string& name, std::span<const std::int64_t> values) {
  return initializer(name, proto::TensorProto::INT64, {static_cast<std::int64_t>(values.size())},
                     std::as_bytes(values))
      .name();
}

std::string OnnxGraph::bytes(const std::string& name, int8::DType type, const OnnxDims& shape,
                             std::span<const std::byte> bytes) {
  return initializer(name, onnx_type(type), shape, bytes).name();
}

std::string OnnxGraph::name_of(const std::string& value) const {
  std::string name = value;
  for (auto at = renamed_.find(name); at != renamed_.end(); at = renamed_.find(name)) {
    name = at->second;
  }
  return name;
}

bool OnnxGraph::is_initializer(const std::string& value) const {
  return initializers_.contains(value);
}

void OnnxGraph::finish() {
  for (proto::NodeProto& node : *graph_.mutable_node()) {
    for (std::string& name : *node.mutable_input()) name = name_of(name);
    for (std::string& name : *node.mutable_output()) name = name_of(name);
    node.set_name(node.output(0));
  }
  for (proto::TensorProto& t : *graph_.mutable_initializer()) t.set_name(name_of(t.name()));
}

}  // namespace octet::onnx_export
