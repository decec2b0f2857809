// TFLite files operator by operator, with whatever is in them.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "interop/tflite/reader.h"
#include "tflite_objects_generated.h"

namespace octet::test {

enum FileType : std::int8_t {
  FLOAT32 = 0,
  INT32 = 2,
  UINT8 = 3,
  INT64 = 4,
  INT8 = 9,
  RESOURCE = 13
};

class FileBuilder {
 public:
  using Options = fbs::BuiltinOptionsUnion;

  FileBuilder() {
    model.version = 3;
    model.buffers.push_back(std::make_unique<fbs::BufferT>());
    subgraph();
  }
  /// Begins another subgraph: what is added next is its.
  void subgraph() { model.subgraphs.push_back(std::make_unique<fbs::SubGraphT>()); }
  fbs::SubGraphT& graph() { return *model.subgraphs.back(); }

  int tensor(FileType type, std::vector<std::int32_t> shape) {
    auto t = std::make_unique<fbs::TensorT>();
    t->type = type;
    t->shape = std::move(shape);
    t->name.append(1, 't').append(std::to_string(graph().tensors.size()));
    graph().tensors.push_back(std::move(t));
    return static_cast<int>(graph().tensors.size()) - 1;
  }
  int i8(std::vector<std::int32_t> shape, float scale = 0.5f, std::int64_t zero_point = 0) {
    const int t = tensor(INT8, std::move(shape));
    auto q = std::make_unique<fbs::QuantizationParametersT>();
    q->scale = {scale};
    q->zero_point = {zero_point};
    graph().tensors.back()->quantization = std::move(q);
    return t;
  }
  template <class T>
  void set_data(int t, const std::vector<T>& values) {
    auto buffer = std::make_unique<fbs::BufferT>();
    buffer->data.resize(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(buffer->data.data(), values.data(), buffer->data.size());
    graph().tensors[static_cast<std::size_t>(t)]->buffer =
        static_cast<std::uint32_t>(model.buffers.size());
    model.buffers.push_back(std::move(buffer));
  }
  int i32(const std::vector<std::int32_t>& values, std::vector<std::int32_t> shape) {
    const int t = tensor(INT32, std::move(shape));
    set_data(t, values);
    return t;
  }
  int i32(const std::vector<std::int32_t>& values) {
    return i32(values, {static_cast<std::int32_t>(values.size())});
  }
  int i64(const std::vector<std::int64_t>& values) {
    const int t = tensor(INT64, {static_cast<std::int32_t>(values.size())});
    set_data(t, values);
    return t;
  }

  fbs::OperatorT& op(std::int32_t code, std::vector<std::int32_t> inputs,
                     std::vector<std::int32_t> outputs) {
    auto entry = std::make_unique<fbs::OperatorCodeT>();
    entry->builtin_code = code;
    entry->deprecated_builtin_code = static_cast<std::int8_t>(code < 127 ? code : 127);
    auto o = std::make_unique<fbs::OperatorT>();
    o->opcode_index = static_cast<std::uint32_t>(model.operator_codes.size());
    o->inputs = std::move(inputs);
    o->outputs = std::move(outputs);
    model.operator_codes.push_back(std::move(entry));
    graph().operators.push_back(std::move(o));
    return *graph().operators.back();
  }
  template <class T>
  void op(std::int32_t code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs,
          T options) {
    op(code, std::move(inputs), std::move(outputs)).builtin_options.Set(std::move(options));
  }

  std::string bytes() const {
    flatbuffers::FlatBufferBuilder builder;
    fbs::FinishModelBuffer(builder, fbs::Model::Pack(builder, &model));
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
  }
  int8::Graph parse() const {
    const auto owner = std::make_shared<const std::string>(bytes());
    return parse_tflite(std::as_bytes(std::span(*owner)), owner);
  }

  fbs::ModelT model;
};

}  // namespace octet::test
