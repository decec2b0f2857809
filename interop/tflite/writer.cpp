#include "interop/tflite/writer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "base/error.h"
#include "interop/tflite/bias_scales.h"
#include "interop/tflite/file_buffers.h"
#include "interop/tflite/file_checks.h"
#include "interop/tflite/options.h"
#include "interop/tflite/states.h"
#include "interop/tflite/tensors.h"
#include "interop/tflite/tflite_ops.h"
#include "interop/tflite/write_metadata.h"
#include "tflite_generated.h"

namespace octet {
namespace {

using flatbuffers::Offset;
using int8::Graph;
using int8::Node;
using int8::TensorDef;

/// Metadata entry that records the rounding mode: see rounding_name().
constexpr const char* rounding_key = "octet.rounding";

std::uint64_t constant_bytes(const Graph& graph) {
  std::uint64_t bytes = 0;
  for (const TensorDef& t : graph.tensors) bytes += t.constant.size;
  for (const int8::State& s : graph.states) bytes += s.initial.size;
  return bytes;
}

/// What the file will hardly exceed: a builder that grows copies all that it has.
std::size_t most_bytes(const Graph& graph, const TfliteOptions& options) {
  constexpr std::size_t most_of_a_table = 512, alignment = 64, scale_and_zero_point = 12;
  const auto constants = static_cast<std::size_t>(constant_bytes(graph));
  std::size_t bytes = 4096 + (options.half_constants ? constants / 2 : constants);
  for (const TensorDef& t : graph.tensors) {
    bytes += most_of_a_table + alignment + t.name.size() +
             scale_and_zero_point * t.quantization.scale.size();
  }
  return bytes + most_of_a_table * graph.nodes.size();
}

std::int8_t tensor_type(int8::DType type) {
  switch (type) {
    case int8::DType::f32:
      return 0;
    case int8::DType::i32:
      return 2;
    case int8::DType::i8:
      return 9;
    case int8::DType::u8:
      return 3;
    case int8::DType::i16:
      return 7;
    case int8::DType::i64:
      return 4;
  }
  return 0;
}

void check_writable(const Graph& graph) {
  tflite::check_graph(graph);
  constexpr std::uint64_t limit = 0x7fffffff - (64 << 20);  // room for everything else
  OCTET_CHECK(constant_bytes(graph) <= limit, "the model has ", constant_bytes(graph),
              " bytes of constants; TFLite files are limited to 2 GB");
  for (const auto& [name, value] : graph.metadata) {
    OCTET_CHECK(name.starts_with("octet.") && name != rounding_key, "metadata '", name,
                "': names begin with octet. and are not ", rounding_key);
  }
}

class Writer {
 public:
  /// Both must stay alive as long as this object.
  Writer(const Graph& graph, const TfliteOptions& options)
      : graph_(graph),
        standard_metadata_(options.metadata.empty()
                               ? std::vector<std::byte>()
                               : tflite::metadata_bytes(options.metadata, graph)),
        builder_(most_bytes(graph, options) + standard_metadata_.size()),
        buffers_(builder_) {
    for (std::size_t i = 0; options.half_constants && i < graph.tensors.size(); ++i) {
      const TensorDef& t = graph.tensors[i];
      if (t.constant.size > sizeof(float) && t.type == int8::DType::f32)
        halves_.push_back(static_cast<int>(i));
    }
    for (const int8::State& s : graph.states) {
      if (tflite::is_variable_tensor(graph, s))
        variable_tensors_.insert(s.input);
      else
        states_.push_back(s);
    }
  }

  flatbuffers::DetachedBuffer write() {
    const auto tensors = write_tensors();
    const auto operators = write_operators();
    const auto inputs = builder_.CreateVector(graph_.inputs);
    const auto outputs = builder_.CreateVector(graph_.outputs);
    const auto name = text(graph_.name);
    std::vector subgraphs = {
        tflite::CreateSubGraph(builder_, tensors, inputs, outputs, operators, name)};
    if (!states_.empty()) subgraphs.push_back(write_once());
    const auto subgraph_vector = builder_.CreateVector(subgraphs);
    const auto signatures = write_signature();
    const auto codes = write_operator_codes();
    const auto metadata = write_metadata();
    const auto buffers = buffers_.finish();
    const auto description =
        builder_.CreateString(graph_.description.empty() ? "octet" : graph_.description);
    tflite::FinishModelBuffer(
        builder_, tflite::CreateModel(builder_, 3, codes, subgraph_vector, description, buffers, 0,
                                      metadata, signatures));
    return builder_.Release();
  }

 private:
  Offset<flatbuffers::String> text(const std::string& s) {
    return s.empty() ? Offset<flatbuffers::String>() : builder_.CreateString(s);
  }

  Offset<tflite::QuantizationParameters> write_quantization(const int8::Quantization& q) {
    if (q.scale.empty()) return {};
    const auto scale = builder_.CreateVector(q.scale);
    const auto zero_point =
        builder_.CreateVector(std::vector<std::int64_t>(q.zero_point.begin(), q.zero_point.end()));
    return tflite::CreateQuantizationParameters(builder_, 0, 0, scale, zero_point,
                                                tflite::QuantizationDetails::NONE, 0, q.axis);
  }

  Offset<flatbuffers::Vector<Offset<tflite::Tensor>>> write_tensors() {
    const auto biases = tflite::bias_quantizations(graph_);
    std::vector<Offset<tflite::Tensor>> tensors;
    for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
      const TensorDef& t = graph_.tensors[i];
      const auto bias = biases.find(static_cast<int>(i));
      if (std::ranges::binary_search(halves_, static_cast<int>(i))) {
        tensors.push_back(write_widened(t));
        continue;
      }
      tensors.push_back(write_tensor(t, t.constant,
                                     bias == biases.end() ? t.quantization : bias->second,
                                     variable_tensors_.contains(static_cast<int>(i))));
    }
    for (const int t : halves_)
      tensors.push_back(write_halves(graph_.tensors[static_cast<std::size_t>(t)]));
    for (std::size_t i = 0; i < states_.size(); ++i) tensors.push_back(write_handle_tensor());
    return builder_.CreateVector(tensors);
  }

  // --- constants in FLOAT16, as tensors behind those of the graph ---

  Offset<tflite::Tensor> write_halves(const TensorDef& t) {
    const std::uint32_t buffer = buffers_.add_halves({t.constant.data, t.constant.size}, t.name);
    const auto shape = builder_.CreateVector(t.shape);
    return tflite::CreateTensor(builder_, shape, tflite::half_type, buffer, text(t.name), 0, false,
                                0, 0, /*has_rank=*/true);
  }
  /// What DEQUANTIZE makes of them.
  Offset<tflite::Tensor> write_widened(const TensorDef& t) {
    TensorDef value;
    value.name = t.name + ".dequantize";
    value.type = t.type;
    value.shape = t.shape;
    return write_tensor(value, {}, {});
  }
  void write_widening(std::vector<Offset<tflite::Operator>>& operators) {
    for (std::size_t i = 0; i < halves_.size(); ++i) {
      const auto half = static_cast<int>(graph_.tensors.size() + i);
      operators.push_back(write_operator(static_cast<std::int32_t>(int8::OpCode::dequantize), 3,
                                         {half}, {halves_[i]}));
    }
  }

  Offset<tflite::Tensor> write_tensor(const TensorDef& t, const int8::ConstBytes& constant,
                                      const int8::Quantization& q, bool is_variable = false) {
    const auto quantization = write_quantization(q);
    const std::uint32_t buffer = constant ? buffers_.add({constant.data, constant.size}) : 0;
    const auto shape = builder_.CreateVector(t.shape);
    const auto name = text(t.name);
    return tflite::CreateTensor(builder_, shape, tensor_type(t.type), buffer, name, quantization,
                                is_variable, 0, 0, /*has_rank=*/true);
  }

  Offset<flatbuffers::Vector<Offset<tflite::Operator>>> write_operators() {
    std::vector<Offset<tflite::Operator>> operators = write_reads();
    write_widening(operators);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      const auto options = tflite::write_options(builder_, node, tflite::node_text(i, node.op));
      operators.push_back(write_operator(static_cast<std::int32_t>(node.op),
                                         tflite::version_to_write(graph_, node), node.inputs,
                                         node.outputs, options));
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      operators.push_back(
          write_operator(tflite::assign_variable_code, 1, {handle(i), states_[i].output}, {}));
    }
    return builder_.CreateVector(operators);
  }

  Offset<tflite::Operator> write_operator(std::int32_t builtin_code, int version,
                                          const std::vector<int>& inputs,
                                          const std::vector<int>& outputs,
                                          const tflite::WrittenOptions& options = {}) {
    const std::pair code(builtin_code, version);
    const auto found = std::find(codes_.begin(), codes_.end(), code);
    const auto index = static_cast<std::uint32_t>(found - codes_.begin());
    if (found == codes_.end()) codes_.push_back(code);
    const auto in = builder_.CreateVector(inputs), out = builder_.CreateVector(outputs);
    return tflite::CreateOperator(builder_, index, in, out, options.type, options.table);
  }

  // --- states, as variables whose handles are the last tensors ---

  int handle(std::size_t state) const {
    return static_cast<int>(graph_.tensors.size() + halves_.size() + state);
  }
  Offset<tflite::Tensor> write_handle_tensor() {
    const auto shape = builder_.CreateVector(std::vector<std::int32_t>());
    return tflite::CreateTensor(builder_, shape, tflite::resource_type, 0, 0, 0, false, 0, 0,
                                /*has_rank=*/true);
  }
  Offset<tflite::Operator> write_handle(std::size_t state, int tensor) {
    const auto name = builder_.CreateString("state_" + std::to_string(state));
    const auto options = tflite::CreateVarHandleOptions(builder_, 0, name);
    return write_operator(tflite::var_handle_code, 1, {}, {tensor},
                          {tflite::BuiltinOptions::VarHandleOptions, options.Union()});
  }

  /// What runs in front of all nodes.
  std::vector<Offset<tflite::Operator>> write_reads() {
    std::vector<Offset<tflite::Operator>> operators;
    if (states_.empty()) return operators;
    const auto once = tflite::CreateCallOnceOptions(builder_, 1);
    operators.push_back(write_operator(tflite::call_once_code, 1, {}, {},
                                       {tflite::BuiltinOptions::CallOnceOptions, once.Union()}));
    for (std::size_t i = 0; i < states_.size(); ++i) {
      operators.push_back(write_handle(i, handle(i)));
      operators.push_back(
          write_operator(tflite::read_variable_code, 1, {handle(i)}, {states_[i].input}));
    }
    return operators;
  }

  /// The subgraph that assigns what states begin with.
  Offset<tflite::SubGraph> write_once() {
    std::vector<Offset<tflite::Tensor>> tensors;
    std::vector<Offset<tflite::Operator>> operators;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const int8::State& state = states_[i];
      const auto own_handle = static_cast<int>(tensors.size()), value = own_handle + 1;
      tensors.push_back(write_handle_tensor());
      tensors.push_back(
          write_tensor(graph_.tensors[static_cast<std::size_t>(state.input)], state.initial, {}));
      operators.push_back(write_handle(i, own_handle));
      operators.push_back(write_operator(tflite::assign_variable_code, 1, {own_handle, value}, {}));
    }
    const auto tensor_vector = builder_.CreateVector(tensors);
    const auto nothing = builder_.CreateVector(std::vector<std::int32_t>());
    const auto operator_vector = builder_.CreateVector(operators);
    const auto name = builder_.CreateString("once");
    return tflite::CreateSubGraph(builder_, tensor_vector, nothing, nothing, operator_vector, name);
  }

  Offset<flatbuffers::Vector<Offset<tflite::OperatorCode>>> write_operator_codes() {
    std::vector<Offset<tflite::OperatorCode>> codes;
    for (const auto& [code, version] : codes_) {
      const auto old_code = static_cast<std::int8_t>(std::min(code, 127));
      codes.push_back(tflite::CreateOperatorCode(builder_, old_code, 0, version, code));
    }
    return builder_.CreateVector(codes);
  }

  Offset<flatbuffers::Vector<Offset<tflite::Metadata>>> write_metadata() {
    std::vector<Offset<tflite::Metadata>> entries;
    const auto add = [&](const std::string& name, std::string_view value) {
      const std::uint32_t buffer = buffers_.add(value);
      entries.push_back(tflite::CreateMetadata(builder_, builder_.CreateString(name), buffer));
    };
    tflite::RuntimeVersion needed;
    for (const auto& [code, version] : codes_)
      needed = std::max(needed, tflite::runtime_needed(code, version));
    std::string runtime = needed.text();
    runtime.resize(16, '\0');
    add("min_runtime_version", runtime);
    add(rounding_key, std::string(int8::rounding_name(graph_.rounding)));
    for (const auto& [name, value] : graph_.metadata) add(name, value);
    if (!standard_metadata_.empty()) {
      add(tflite::standard_metadata,
          {reinterpret_cast<const char*>(standard_metadata_.data()), standard_metadata_.size()});
    }
    return builder_.CreateVector(entries);
  }

  /// A signature's names are the graph's where those tell the values apart.
  template <class NameOf>
  auto write_tensor_map(const std::vector<int>& ends, const NameOf& name_of,
                        const std::string& fallback) {
    std::set<std::string> used;
    std::vector<Offset<tflite::TensorMap>> entries;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      std::string name = name_of(graph_, i);
      if (name.empty() || used.contains(name)) name = fallback + "_" + std::to_string(i);
      while (!used.insert(name).second) name += "_";
      entries.push_back(tflite::CreateTensorMap(builder_, builder_.CreateString(name),
                                                static_cast<std::uint32_t>(ends[i])));
    }
    return builder_.CreateVector(entries);
  }

  Offset<flatbuffers::Vector<Offset<tflite::SignatureDef>>> write_signature() {
    const auto inputs = write_tensor_map(graph_.inputs, int8::input_name, "input");
    const auto outputs = write_tensor_map(graph_.outputs, int8::output_name, "output");
    const auto key = builder_.CreateString("serving_default");
    const std::vector signatures = {tflite::CreateSignatureDef(builder_, inputs, outputs, key, 0)};
    return builder_.CreateVector(signatures);
  }

  const Graph& graph_;
  std::vector<std::byte> standard_metadata_;
  std::set<int> variable_tensors_;
  std::vector<int8::State> states_;  ///< that are variables with handles
  std::vector<int> halves_;          ///< constants to write in FLOAT16, ascending
  flatbuffers::FlatBufferBuilder builder_;
  tflite::FileBuffers buffers_;
  std::vector<std::pair<std::int32_t, int>> codes_;  ///< and versions, in the order of first use
};

/// A whole file, in two parts.
class TfliteBytes {
 public:
  TfliteBytes(const Graph& graph, const TfliteOptions& options) {
    check_writable(graph);
    check_metadata(options.metadata, graph);
    model_ = Writer(graph, options).write();
    labels_ = tflite::label_archive(options.metadata, model_.size());
  }
  std::span<const std::byte> model() const {
    return std::as_bytes(std::span(model_.data(), model_.size()));
  }
  std::span<const std::byte> labels() const { return labels_; }

 private:
  flatbuffers::DetachedBuffer model_;
  std::vector<std::byte> labels_;
};

}  // namespace

std::vector<std::byte> serialize_tflite(const Graph& graph, const TfliteOptions& options) {
  const TfliteBytes file(graph, options);
  std::vector<std::byte> bytes(file.model().begin(), file.model().end());
  bytes.insert(bytes.end(), file.labels().begin(), file.labels().end());
  return bytes;
}

void write_tflite(const Graph& graph, const std::filesystem::path& path,
                  const TfliteOptions& options) {
  const TfliteBytes file(graph, options);
  write_file_atomically(path, {file.model(), file.labels()});
}

void write_tflite(const int8::Model& model, const std::filesystem::path& path) {
  write_tflite(model.graph(), path);
}

}  // namespace octet
