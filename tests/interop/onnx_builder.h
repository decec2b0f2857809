// Small ONNX models made in code.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "interop/onnx/import_onnx.h"
#include "onnx.pb.h"

namespace octet::test {

class OnnxBuilder {
 public:
  using Ints = std::vector<std::int64_t>;

  explicit OnnxBuilder(int opset = 17) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    graph().set_name("g");
  }
  onnx::GraphProto& graph() { return *model.mutable_graph(); }

  /// An extent of 0 is open.
  OnnxBuilder& input(const std::string& name, const Ints& dims) {
    set_value(*graph().add_input(), name, dims);
    return *this;
  }
  OnnxBuilder& output(const std::string& name) {
    set_value(*graph().add_output(), name, {});
    return *this;
  }
  OnnxBuilder& floats(const std::string& name, const Ints& dims, const std::vector<float>& values) {
    onnx::TensorProto& t = *graph().add_initializer();
    fill(t, dims, values);
    t.set_name(name);
    return *this;
  }
  OnnxBuilder& ints(const std::string& name, const Ints& dims, const Ints& values) {
    onnx::TensorProto& t = *graph().add_initializer();
    t.set_name(name);
    t.set_data_type(onnx::TensorProto::INT64);
    for (const std::int64_t d : dims) t.add_dims(d);
    for (const std::int64_t v : values) t.add_int64_data(v);
    return *this;
  }
  /// Of int8, uint8, int32 or another integer type.
  OnnxBuilder& codes(const std::string& name, onnx::TensorProto::DataType type, const Ints& dims,
                     const std::vector<int>& values) {
    onnx::TensorProto& t = *graph().add_initializer();
    t.set_name(name);
    t.set_data_type(type);
    for (const std::int64_t d : dims) t.add_dims(d);
    for (const int v : values) t.add_int32_data(v);
    return *this;
  }
  /// QuantizeLinear and DequantizeLinear behind value `x`, which is called x + "_dq" then.
  OnnxBuilder& quantize(const std::string& x, float scale, int zero_point,
                        onnx::TensorProto::DataType type = onnx::TensorProto::UINT8) {
    floats(x + "_s", {}, {scale}).codes(x + "_z", type, {}, {zero_point});
    node("QuantizeLinear", {x, x + "_s", x + "_z"}, {x + "_q"}, x + "_q");
    return node("DequantizeLinear", {x + "_q", x + "_s", x + "_z"}, {x + "_dq"}, x + "_dq");
  }
  /// The node that was added last takes the attributes.
  OnnxBuilder& node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs, const std::string& name = "") {
    onnx::NodeProto& n = *graph().add_node();
    n.set_op_type(op);
    n.set_name(name);
    for (const std::string& x : inputs) n.add_input(x);
    for (const std::string& y : outputs) n.add_output(y);
    return *this;
  }
  OnnxBuilder& with(const std::string& attribute, std::initializer_list<int> values) {
    onnx::AttributeProto& a = add(attribute, onnx::AttributeProto::INTS);
    for (const std::int64_t v : values) a.add_ints(v);
    return *this;
  }
  OnnxBuilder& with(const std::string& attribute, int value) {
    add(attribute, onnx::AttributeProto::INT).set_i(value);
    return *this;
  }
  OnnxBuilder& with(const std::string& attribute, float value) {
    add(attribute, onnx::AttributeProto::FLOAT).set_f(value);
    return *this;
  }
  OnnxBuilder& with(const std::string& attribute, const std::string& value) {
    add(attribute, onnx::AttributeProto::STRING).set_s(value);
    return *this;
  }
  OnnxBuilder& with_tensor(const Ints& dims, const std::vector<float>& values) {
    fill(*add("value", onnx::AttributeProto::TENSOR).mutable_t(), dims, values);
    return *this;
  }

  std::string bytes() const { return model.SerializeAsString(); }
  OnnxNetwork import(const OnnxOptions& options = {}) const {
    const std::string b = bytes();
    return import_onnx(std::as_bytes(std::span(b)), "net.onnx", options);
  }

  onnx::ModelProto model;

 private:
  static void set_value(onnx::ValueInfoProto& v, const std::string& name, const Ints& dims) {
    v.set_name(name);
    onnx::TypeProto::Tensor& t = *v.mutable_type()->mutable_tensor_type();
    t.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t d : dims) {
      auto& dim = *t.mutable_shape()->add_dim();
      d == 0 ? dim.set_dim_param("batch") : dim.set_dim_value(d);
    }
  }
  static void fill(onnx::TensorProto& t, const Ints& dims, const std::vector<float>& values) {
    t.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t d : dims) t.add_dims(d);
    t.set_raw_data(values.data(), values.size() * sizeof(float));
  }
  onnx::AttributeProto& add(const std::string& name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& a = *graph().mutable_node(graph().node_size() - 1)->add_attribute();
    a.set_name(name);
    a.set_type(type);
    return a;
  }
};

/// 0.1, 0.2, ... with signs that alternate irregularly.
inline std::vector<float> numbers(std::int64_t count, std::int64_t seed = 0) {
  std::vector<float> v;
  for (std::int64_t i = 0; i < count; ++i)
    v.push_back(static_cast<float>((i * 7 + seed * 5 + 3) % 23 - 11) / 10);
  return v;
}

/// The outputs, in the file's order of elements, of inputs likewise.
inline std::vector<std::vector<float>> run_onnx(const OnnxNetwork& network,
                                                const std::vector<std::vector<float>>& inputs,
                                                std::int64_t batch) {
  Context context;
  Tape tape(context, GradMode::off);
  std::vector<Var> x;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    x.push_back(tape.input(onnx_to_graph(network.inputs[i], inputs[i], batch)));
  std::vector<std::vector<float>> outputs;
  const std::vector<Var> y = (*network.graph)(x);
  for (std::size_t i = 0; i < y.size(); ++i)
    outputs.push_back(graph_to_onnx(network.outputs[i], y[i].value()));
  return outputs;
}

/// Names of the graph's ops, in order: "conv2d relu".
inline std::string op_names(const OnnxNetwork& network) {
  std::string names;
  for (const GraphNode& n : network.graph->nodes()) {
    if (n.kind == Tape::Kind::op) names += (names.empty() ? "" : " ") + std::string(n.op->name());
  }
  return names;
}

}  // namespace octet::test
