#include "apps/octet/import/print_network.h"

#include <iostream>

#include "base/printable.h"
#include "base/text_table.h"
#include "interop/onnx_export/write_onnx.h"
#include "interop/tflite_import/import_tflite.h"
#include "quant/prepare.h"

namespace octet::app {
namespace {

std::string file_shape(const OnnxValue& v) {
  std::string text = "[";
  for (std::size_t d = 0; d < v.dims.size(); ++d) {
    text += d ? ", " : "";
    text += v.dims[d] == 0 ? "N" : std::to_string(v.dims[d]);
  }
  return text + "]";
}

std::string graph_shape(Shape shape) {
  std::string text = "[N";
  for (int d = 1; d < shape.rank(); ++d) text += ", " + std::to_string(shape[d]);
  return text + "]";
}

void print_values(const FileNetwork& network, bool inputs) {
  const auto& values = inputs ? network.inputs : network.outputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int id = inputs ? network.graph->inputs()[i] : network.graph->outputs()[i].node;
    std::cout << (inputs ? "input   " : "output  ") << '\'' << one_line(values[i].name) << "'  "
              << file_shape(values[i]) << ", here "
              << graph_shape(network.graph->nodes()[static_cast<std::size_t>(id)].shape) << '\n';
  }
}

std::int64_t own_parameters(const GraphModule& graph, const GraphNode& node) {
  std::int64_t n = 0;
  for (const int in : node.inputs) {
    const GraphNode& x = graph.nodes()[static_cast<std::size_t>(in)];
    if (x.kind == Tape::Kind::param) n += x.parameter->value.numel();
  }
  return n;
}

}  // namespace

void print_network(const std::string& path, const FileNetwork& network) {
  std::cout << path << ": " << network.kind << '\n';
  print_values(network, true);
  print_values(network, false);
  std::cout << '\n';
  print_layers(*network.graph, network.notes);
  const StoredQuantization& stored = network.stored;
  if (stored.empty()) return;
  std::cout << "stored   scales of " << stored.values.size() << " values and "
            << stored.weights.size() << " weights\n";
}

void print_layers(const GraphModule& graph, const std::vector<std::string>& notes) {
  TextTable table({"layer", "op", "output", "params"});
  std::vector<std::string> floats;
  for (const GraphNode& n : graph.nodes()) {
    if (n.kind != Tape::Kind::op) continue;
    table.add({printable_text(n.name), std::string(n.op->name()), graph_shape(n.shape),
               grouped(own_parameters(graph, n))});
    const GraphNode& x = graph.nodes()[static_cast<std::size_t>(n.inputs[0])];
    const std::string what = quant::without_int8_form(*n.op, x.shape);
    if (!what.empty()) floats.push_back(n.name + " (" + what + ")");
  }
  table.print(std::cout);
  std::cout << "\nparams   " << grouped(graph.parameter_count()) << '\n';
  for (const std::string& note : notes) std::cout << "folded   " << printable_text(note) << '\n';
  if (floats.empty()) {
    std::cout << "int8     every op has an int8 form\n";
  } else {
    std::cout << "int8     no int8 form:";
    for (const std::string& f : floats) std::cout << ' ' << printable_text(f);
    std::cout << '\n';
  }
}

void print_operators() {
  std::cout << "| op | operator sets | notes |\n| --- | --- | --- |\n";
  for (const OnnxOperator& op : onnx_operators())
    std::cout << "| " << op.name << " | " << op.since << " to " << op.until << " | " << op.notes
              << " |\n";
}

void print_tflite_operators() {
  std::cout << "| op | trains | notes |\n| --- | --- | --- |\n";
  for (const TfliteOperator& op : tflite_operators())
    std::cout << "| " << op.name << " | " << (op.trains ? "yes" : "no") << " | " << op.notes
              << " |\n";
}

void print_written_operators() {
  std::cout << "| op | ONNX |\n| --- | --- |\n";
  for (const auto& op : onnx_export::written_operators())
    std::cout << "| " << op.tflite << " | " << op.onnx << " |\n";
}

}  // namespace octet::app
