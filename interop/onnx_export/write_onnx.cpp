#include "interop/onnx_export/write_onnx.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <limits>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/printable.h"
#include "int8/engine/find_tables.h"
#include "int8/engine/model.h"
#include "interop/onnx_export/fold_pads.h"
#include "interop/onnx_export/rows.h"

namespace octet::onnx_export {
namespace {

constexpr std::int64_t ir_version = 8;

void write_edge(proto::ValueInfoProto& info, const std::string& name, int t,
                const TensorValues& values) {
  info.set_name(name);
  proto::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(values.edge_type(t));
  const int8::Dims shape = values.file_shape(t);
  type.mutable_shape();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    auto& dim = *type.mutable_shape()->add_dim();
    if (d == 0) {
      dim.set_dim_param("N");
    } else {
      dim.set_dim_value(shape[d]);
    }
  }
}

/// The operator set that the rows need.
int opset_of(const int8::Graph& graph) {
  int opset = 13;
  for (const int8::Node& n : graph.nodes) opset = std::max(opset, find_row(n.op)->opset);
  return opset;
}

void check_tensor(const int8::TensorDef& t, const OnnxExportOptions& options) {
  const bool quantized = int8::is_quantizable(t.type) && !t.quantization.scale.empty();
  OCTET_CHECK(t.type != int8::DType::i16 || !quantized, int8::quoted(t),
              ": codes of 16 bits have no ONNX form");
  OCTET_CHECK(!options.half || options.form == Form::dequantized || !quantized, int8::quoted(t),
              ": FLOAT16 is for models of floats, and this one has codes");
}

void check_graph_form(const int8::Graph& graph, const OnnxExportOptions& options) {
  std::string list;
  for (const std::string& text : without_onnx_form(graph))
    list += (list.empty() ? "" : ", ") + text;
  OCTET_CHECK(list.empty(), "no ONNX form: ", list);
  const auto check = [&](const std::vector<int>& tensors) {
    for (const int t : tensors) {
      if (t >= 0) check_tensor(graph.tensors[static_cast<std::size_t>(t)], options);
    }
  };
  check(graph.inputs);
  for (const int8::Node& n : graph.nodes) {
    check(n.inputs);
    check(n.outputs);
  }
}

class FileWriter {
 public:
  FileWriter(const int8::Graph& graph, const OnnxExportOptions& options, proto::ModelProto& model)
      : graph_(graph),
        file_(*model.mutable_graph()),
        onnx_(file_, options.half),
        values_(graph, options, onnx_) {}

  void write() {
    file_.set_name(graph_.name.empty() ? "octet" : graph_.name);
    write_inputs();
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      output_names_.push_back(onnx_.unique_name(int8::output_name(graph_, i)));
    }
    write_nodes();
    write_outputs();
    onnx_.finish();
  }

 private:
  void write_inputs() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      names.push_back(onnx_.unique_name(int8::input_name(graph_, i)));
      write_edge(*file_.add_input(), names.back(), graph_.inputs[i], values_);
    }
    for (std::size_t i = 0; i < names.size(); ++i) values_.set_input(graph_.inputs[i], names[i]);
  }

  void write_nodes() {
    const std::vector<int8::PadFusion> pads = fold_pads(graph_);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (pads[n].removed) continue;
      const auto index = static_cast<int>(n);
      int8::NodeView view(graph_, index, graph_.rounding, int8::Isa::portable);
      view.fused_pads = pads[n].pads;
      view.fused_input = pads[n].input;
      try {
        const OnnxRow& row = *find_row(view.op());
        RowWriter writer(view, row.onnx, values_, onnx_);
        row.write(writer);
      } catch (const Error& error) {
        fail(int8::node_text(graph_, index), ": ", error.what());
      }
    }
  }

  void write_outputs() {
    std::set<std::string> taken;  // values that are an input or another output cannot be renamed
    for (const auto& input : file_.input()) taken.insert(input.name());
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const std::string& name = output_names_[i];
      write_edge(*file_.add_output(), name, graph_.outputs[i], values_);
      const std::string raw = values_.output(graph_.outputs[i]), value = onnx_.name_of(raw);
      if (taken.insert(value).second && !onnx_.is_initializer(raw)) {
        onnx_.rename(value, name);
        taken.insert(name);
      } else {
        onnx_.rename(onnx_.add("Identity", {value}, {}, name + "_copy"), name);
      }
    }
  }

  const int8::Graph& graph_;
  proto::GraphProto& file_;
  OnnxGraph onnx_;
  TensorValues values_;
  std::vector<std::string> output_names_;
};

void add_metadata(proto::ModelProto& model, const std::string& key, const std::string& value) {
  auto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

std::vector<std::byte> serialized(const proto::ModelProto& model) {
  const std::size_t size = model.ByteSizeLong();
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  OCTET_CHECK(size <= most, "the ONNX file would have ", size, " bytes, and a protobuf message ",
              "holds at most ", most);
  std::vector<std::byte> bytes(size);
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(size));
  google::protobuf::io::CodedOutputStream stream(&array);
  stream.SetSerializationDeterministic(true);
  OCTET_CHECK(model.SerializeToCodedStream(&stream), "cannot write the ONNX message");
  return bytes;
}

}  // namespace

std::vector<std::string> without_onnx_form(const int8::Graph& graph) {
  std::vector<std::string> list;
  for (const int8::GatheredTable& table : int8::find_gathered_tables(graph))
    list.push_back(int8::node_text(graph, table.gather) + ", a table of codes (FunctionOp)");
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!find_row(graph.nodes[n].op)) list.push_back(int8::node_text(graph, static_cast<int>(n)));
  }
  if (!graph.states.empty()) list.push_back("the model keeps values from run to run");
  return list;
}

std::vector<std::byte> serialize_onnx(const int8::Graph& graph, const OnnxExportOptions& options) {
  // What the engine refuses cannot be written either, and rows need not check it again.
  static_cast<void>(int8::Model(
      graph,
      {.isa = int8::Isa::portable, .memory_limit = std::size_t{1} << 34, .ops = &int8::all_ops()}));
  check_graph_form(graph, options);
  proto::ModelProto model;
  model.set_ir_version(ir_version);
  model.set_producer_name("octet");
  model.set_producer_version(std::string(options.producer_version));
  auto& set = *model.add_opset_import();
  set.set_domain("");
  set.set_version(opset_of(graph));
  FileWriter(graph, options, model).write();
  add_metadata(model, "octet.rounding", std::string(int8::rounding_name(graph.rounding)));
  for (const auto& [key, value] : graph.metadata) add_metadata(model, key, value);
  return serialized(model);
}

void write_onnx(const int8::Graph& graph, const std::filesystem::path& path,
                const OnnxExportOptions& options) {
  write_file_atomically(path, serialize_onnx(graph, options));
}

std::vector<WrittenOperator> written_operators() {
  std::vector<WrittenOperator> list;
  for (const OnnxRow& row : all_rows()) list.push_back({int8::op_name(row.op), row.form});
  return list;
}

}  // namespace octet::onnx_export
