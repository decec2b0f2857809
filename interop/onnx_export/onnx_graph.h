// The ONNX graph while it is written: nodes, initializers and the names of values.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "int8/graph/graph.h"
#include "onnx.pb.h"

namespace octet::onnx_export {

namespace proto = ::onnx;

using OnnxDims = std::vector<std::int64_t>;

struct Attribute {
  std::string_view name;
  std::variant<std::int64_t, float, std::string_view, OnnxDims> value;
};
using AttributeList = std::vector<Attribute>;

class OnnxGraph {
 public:
  /// `half`: floats() are FLOAT16.
  OnnxGraph(proto::GraphProto& graph, bool half) : graph_(graph), half_(half) {}

  bool half() const noexcept { return half_; }
  /// `wanted`, or with a number behind it if another value is called so.
  std::string unique_name(const std::string& wanted);

  /// Appends a node and returns the name of its output, which is `name` if no other value is.
  /// Operands "" are absent.
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  const AttributeList& attributes, const std::string& name);
  std::vector<std::string> add_many(std::string_view op, const std::vector<std::string>& inputs,
                                    const AttributeList& attributes,
                                    const std::vector<std::string>& names);

  // Initializers; each returns the name. OnnxDims {} are those of a scalar.
  std::string floats(const std::string& name, const OnnxDims& shape, std::span<const float> values);
  std::string float32s(const std::string& name, const OnnxDims& shape,
                       std::span<const float> values);
  std::string integers(const std::string& name, std::span<const std::int64_t> values);
  std::string bytes(const std::string& name, int8::DType type, const OnnxDims& shape,
                    std::span<const std::byte> bytes);

  /// From now on and before, value `from` is called `to`, a name that unique_name() gave.
  void rename(const std::string& from, const std::string& to) { renamed_[from] = to; }
  /// The name that the value has in the end.
  std::string name_of(const std::string& value) const;
  bool is_initializer(const std::string& value) const;
  /// Writes the final names into nodes and initializers, and calls each node after its first
  /// output.
  void finish();

 private:
  proto::TensorProto& initializer(const std::string& name, proto::TensorProto::DataType type,
                                  const OnnxDims& shape, std::span<const std::byte> raw);

  proto::GraphProto& graph_;
  bool half_;
  std::map<std::string, int> names_;  ///< how often each was wanted
  std::map<std::string, std::string> renamed_;
  std::map<std::string, bool> initializers_;
};

proto::TensorProto::DataType onnx_type(int8::DType type) noexcept;

}  // namespace octet::onnx_export
