// An ONNX file that was written, as messages.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "interop/onnx_export/write_onnx.h"
#include "onnx.pb.h"

namespace octet::test {

class WrittenOnnx {
 public:
  explicit WrittenOnnx(const int8::Graph& g, const onnx_export::OnnxExportOptions& options = {}) {
    const std::vector<std::byte> bytes = onnx_export::serialize_onnx(g, options);
    REQUIRE(model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  }
  const onnx::GraphProto& graph() const { return model.graph(); }

  /// "Conv Relu": without quantizers, unless `all`.
  std::string ops(bool all = false) const {
    std::string text;
    for (const onnx::NodeProto& n : graph().node()) {
      const bool quantizer =
          n.op_type().ends_with("antizeLinear") || n.op_type() == "QuantizeLinear";
      if (!all && quantizer) continue;
      text += (text.empty() ? "" : " ") + n.op_type();
    }
    return text;
  }
  int count(const std::string& op) const {
    int n = 0;
    for (const onnx::NodeProto& node : graph().node()) n += node.op_type() == op;
    return n;
  }
  /// The `k`-th of these.
  const onnx::NodeProto& node(const std::string& op, int k = 0) const {
    for (const onnx::NodeProto& n : graph().node()) {
      if (n.op_type() == op && k-- == 0) return n;
    }
    FAIL("no node ", op);
    return graph().node(0);
  }
  /// Which computes a value.
  const onnx::NodeProto& maker(const std::string& value) const {
    for (const onnx::NodeProto& n : graph().node()) {
      for (const std::string& y : n.output()) {
        if (y == value) return n;
      }
    }
    FAIL("nothing computes ", value);
    return graph().node(0);
  }
  const onnx::TensorProto& tensor(const std::string& name) const {
    for (const onnx::TensorProto& t : graph().initializer()) {
      if (t.name() == name) return t;
    }
    FAIL("no initializer ", name);
    return graph().initializer(0);
  }
  std::vector<std::int64_t> dims(const std::string& name) const {
    const auto& d = tensor(name).dims();
    return {d.begin(), d.end()};
  }
  template <class T>
  std::vector<T> values(const std::string& name) const {
    const std::string& raw = tensor(name).raw_data();
    std::vector<T> list(raw.size() / sizeof(T));
    std::memcpy(list.data(), raw.data(), raw.size());
    return list;
  }
  static std::vector<std::int64_t> ints(const onnx::NodeProto& n, const std::string& attribute) {
    for (const onnx::AttributeProto& a : n.attribute()) {
      if (a.name() != attribute) continue;
      if (a.type() == onnx::AttributeProto::INT) return {a.i()};
      return {a.ints().begin(), a.ints().end()};
    }
    return {};
  }

  onnx::ModelProto model;
};

}  // namespace octet::test
