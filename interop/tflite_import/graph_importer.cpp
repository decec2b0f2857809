// From a file to a network.
#include <set>

#include "base/mapped_file.h"
#include "interop/tflite/file_reader.h"
#include "interop/tflite_import/dilated_convs.h"
#include "interop/tflite_import/fixed_batch.h"
#include "interop/tflite_import/import_tflite.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet {
namespace tflite_import {
namespace {

class GraphImporter {
 public:
  explicit GraphImporter(const int8::Graph& file) : state_(file) {}
  TfliteNetwork run();

 private:
  void add_inputs();
  void import_node(const int8::Node& node);
  void take_outputs();
  const int8::Graph& file() const { return state_.file; }

  ImportState state_;
  TfliteNetwork network_;
  std::vector<GraphOutput> outputs_;
  std::vector<std::string> problems_;
};

TfliteNetwork GraphImporter::run() {
  add_inputs();
  for (const int8::Node& node : file().nodes) import_node(node);
  if (problems_.empty()) take_outputs();
  if (!problems_.empty()) {
    std::string all;
    for (const std::string& p : problems_) all += (all.empty() ? "" : "; ") + p;
    fail(problems_.size(), problems_.size() == 1 ? " node" : " nodes", " cannot train: ", all);
  }
  NetworkBuilder::Finished finished = state_.graph.finish(std::move(outputs_));
  network_.graph = std::move(finished.graph);
  network_.stored = std::move(finished.stored);
  network_.rounding = file().rounding;
  return std::move(network_);
}

void GraphImporter::add_inputs() {
  for (const int8::State& s : file().states) {
    problems_.push_back("'" + one_line(state_.tensor(s.input).name) +
                        "': it keeps a state from run to run");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < file().inputs.size(); ++i) {
    const int t = file().inputs[i];
    const int8::TensorDef& x = state_.tensor(t);
    const std::string name = unique_name(names, int8::input_name(file(), i));
    network_.inputs.push_back({name, x.type, x.shape});
    if (state_.readers[static_cast<std::size_t>(t)] > 0 && x.type != int8::DType::f32 &&
        !int8::is_codes(x.type)) {
      problems_.push_back("input '" + one_line(name) + "': it is " +
                          std::string(int8::dtype_name(x.type)));
      continue;
    }
    try {
      const int id = state_.graph.input(name, graph_shape(x.shape));
      if (const auto params = stored_value(x)) state_.graph.quantized[id] = *params;
      state_.node_of[static_cast<std::size_t>(t)] = id;
    } catch (const Error& error) {
      problems_.push_back("input '" + one_line(name) + "': " + error.what());
    }
  }
}

void GraphImporter::import_node(const int8::Node& node) {
  FileNode file_node(state_, node);
  for (const int t : node.inputs) {
    if (t < 0) continue;
    const auto i = static_cast<std::size_t>(t);
    // A node before it is named already.
    if (state_.constant_of[i] < 0 && state_.node_of[i] < 0) return;
  }
  const OperatorRow* row = find_row(node.op);
  try {
    OCTET_CHECK(row, "the operator is not known");
    OCTET_CHECK(row->import, row->text);
    row->import(file_node);
  } catch (const Error& error) {
    problems_.push_back(file_node.described() + ": " + error.what());
  }
}

void GraphImporter::take_outputs() {
  std::set<std::string> names;
  for (std::size_t i = 0; i < file().outputs.size(); ++i) {
    const int8::TensorDef& y = state_.tensor(file().outputs[i]);
    const std::string name = unique_name(names, int8::output_name(file(), i));
    const int id = state_.node_of[static_cast<std::size_t>(file().outputs[i])];
    const Tape::Kind kind = id < 0 ? Tape::Kind::constant : state_.graph.node(id).kind;
    if (kind == Tape::Kind::constant) {
      network_.notes.push_back("output '" + name + "' is a constant, and left out");
      continue;
    }
    network_.outputs.push_back({name, y.type, y.shape});
    outputs_.push_back({id, name});
  }
  if (outputs_.empty()) problems_.push_back("all of its outputs are constants");
}

TfliteNetwork import_graph(const int8::Graph& file) {
  int8::Graph one = file;
  const int samples = take_one_sample(one);
  if (samples > 1) {
    try {
      TfliteNetwork network = GraphImporter(one).run();
      for (auto* values : {&network.inputs, &network.outputs}) {
        for (TfliteValue& v : *values) {
          if (v.dims.at(0) == 1) v.dims[0] = samples;  // else the batch is in front of them
        }
      }
      network.notes.push_back("the batch is open, in the file it is " + std::to_string(samples));
      return network;
    } catch (const Error&) {
      // It computes with the number of samples, if it can be imported at all.
    }
  }
  return GraphImporter(file).run();
}

}  // namespace
}  // namespace tflite_import

TfliteNetwork import_tflite(std::span<const std::byte> bytes, const std::string& path) {
  try {
    // Who reads the bytes is done with them when the network is made.
    const std::shared_ptr<const void> owner(std::shared_ptr<const void>(), bytes.data());
    const tflite::ReadOptions options{.any_weights = true, .half_values = true};
    int8::Graph file = tflite::read_file(bytes, owner, options);
    tflite_import::join_dilated_convs(file);
    return tflite_import::import_graph(file);
  } catch (const Error& error) {
    throw Error(path + ": " + error.what());
  }
}

TfliteNetwork import_tflite(const std::string& path) {
  return import_tflite(map_file(path).bytes, path);
}

}  // namespace octet
