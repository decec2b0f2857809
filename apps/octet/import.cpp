// octet import: what an ONNX file becomes, and whether it computes what it should.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>
#include <memory>

#include "apps/common/text_table.h"
#include "apps/octet/commands.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "interop/onnx/import_onnx.h"
#include "quant/prepare.h"

namespace octet::app {
namespace {

struct Options {
  std::string path;
  std::vector<std::string> files, shapes;
  double tolerance = 1e-4;
  bool operators = false;
};

std::vector<std::int64_t> numbers(const std::string& text, const std::string& whole) {
  std::vector<std::int64_t> list;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits = !part.empty() && part.size() < 10 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) throw CLI::ValidationError("--shape", "expected NAME=1,3,224,224, got " + whole);
    list.push_back(std::stoll(part));
    begin = end + 1;
  }
  return list;
}

OnnxOptions import_options(const Options& options) {
  OnnxOptions result;
  for (const std::string& s : options.shapes) {
    const std::size_t at = s.rfind('=');
    if (at == std::string::npos)
      throw CLI::ValidationError("--shape", "expected NAME=1,3,224,224, got " + s);
    result.shapes[s.substr(0, at)] = numbers(s.substr(at + 1), s);
  }
  return result;
}

/// The shape that a file of one sample leaves no doubt about: one extent that is open, or a square
/// image. Empty: there is none.
std::vector<std::int64_t> shape_of_size(std::vector<std::int64_t> dims, std::int64_t elements) {
  if (dims.empty()) return {};
  if (dims[0] == 0) dims[0] = 1;
  std::int64_t known = 1;
  std::vector<std::size_t> open;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0) open.push_back(d);
    known *= std::max<std::int64_t>(dims[d], 1);
  }
  if (open.empty() || known <= 0 || elements % known != 0) return {};
  const std::int64_t rest = elements / known;
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rest))));
  const bool square = open.size() == 2 && dims.size() == 4 && open[1] == 3 && side * side == rest;
  if (open.size() > 1 && !square) return {};
  for (const std::size_t d : open) dims[d] = square ? side : rest;
  return dims;
}

/// Where the file leaves extents open that nobody gave, --check has the inputs' files to go by.
void add_shapes_of_files(const Options& options, OnnxOptions& result) {
  const std::vector<OnnxValue> inputs = onnx_inputs(options.path);
  for (std::size_t i = 0; i < std::min(inputs.size(), options.files.size()); ++i) {
    if (result.shapes.contains(inputs[i].name)) continue;
    const auto elements = static_cast<std::int64_t>(map_file(options.files[i]).bytes.size() / 4);
    const auto shape = shape_of_size(inputs[i].dims, elements);
    if (!shape.empty()) result.shapes[inputs[i].name] = shape;
  }
}

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

void print_values(const OnnxNetwork& network, bool inputs) {
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

void print(const Options& options, const OnnxNetwork& network) {
  const GraphModule& graph = *network.graph;
  std::cout << options.path << ": operator set " << network.opset << '\n';
  print_values(network, true);
  print_values(network, false);
  std::cout << '\n';
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
  for (const std::string& note : network.notes)
    std::cout << "folded   " << printable_text(note) << '\n';
  if (floats.empty()) {
    std::cout << "int8     every op has an int8 form\n";
  } else {
    std::cout << "int8     no int8 form:";
    for (const std::string& f : floats) std::cout << ' ' << printable_text(f);
    std::cout << '\n';
  }
}

std::vector<float> read_floats(const std::string& path) {
  const MappedFile file = map_file(path);
  OCTET_CHECK(!file.bytes.empty() && file.bytes.size() % sizeof(float) == 0, path,
              ": expected little-endian float32, got ", file.bytes.size(), " bytes");
  std::vector<float> values(file.bytes.size() / sizeof(float));
  std::memcpy(values.data(), file.bytes.data(), file.bytes.size());
  return values;
}

std::int64_t sample_size(const GraphModule& graph, int node) {
  return graph.nodes()[static_cast<std::size_t>(node)].shape.numel();
}

/// The batch that a file of an input holds.
std::int64_t batch_of(const std::string& path, std::size_t elements, std::int64_t sample) {
  const auto n = static_cast<std::int64_t>(elements);
  OCTET_CHECK(n % sample == 0, path, ": ", n, " values, expected a multiple of ", sample,
              " (one sample)");
  return n / sample;
}

/// Returns whether every output is near enough.
bool check(const Options& options, const OnnxNetwork& network) {
  GraphModule& graph = *network.graph;
  const std::size_t inputs = network.inputs.size(), outputs = network.outputs.size();
  OCTET_CHECK(options.files.size() == inputs + outputs, "--check: expected ", inputs,
              " files of inputs and ", outputs, " of outputs, got ", options.files.size());
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  std::vector<Var> x;
  std::int64_t batch = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::string& path = options.files[i];
    const std::vector<float> values = read_floats(path);
    const std::int64_t n = batch_of(path, values.size(), sample_size(graph, graph.inputs()[i]));
    OCTET_CHECK(i == 0 || n == batch, path, ": ", n, " samples, expected ", batch,
                ", as of the first input");
    batch = n;
    x.push_back(tape.input(onnx_to_graph(network.inputs[i], values, n)));
  }
  const std::vector<Var> y = graph(x);
  bool good = true;
  for (std::size_t i = 0; i < outputs; ++i) {
    const std::string& path = options.files[inputs + i];
    const std::vector<float> expected = read_floats(path);
    const std::vector<float> got = graph_to_onnx(network.outputs[i], y[i].value());
    OCTET_CHECK(got.size() == expected.size(), path, ": ", expected.size(), " values, expected ",
                got.size(), " for a batch of ", batch);
    double largest = 0, difference = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      const auto e = static_cast<double>(expected[k]), v = static_cast<double>(got[k]);
      if (std::isfinite(e)) largest = std::max(largest, std::abs(e));
      const bool same = v == e || (std::isnan(v) && std::isnan(e));
      const bool finite = std::isfinite(v) && std::isfinite(e);
      difference = std::max(difference, same ? 0 : finite ? std::abs(v - e) : INFINITY);
    }
    const double error = difference > 0 ? difference / std::max(largest, 1e-30) : 0;
    const bool near = error <= options.tolerance;
    good = good && near;
    std::cout << "check    '" << one_line(network.outputs[i].name) << "': error " << error
              << " of the largest value"
              << (near ? "" : text_of(", expected at most ", options.tolerance)) << '\n';
  }
  return good;
}

void print_operators() {
  std::cout << "| op | operator sets | notes |\n| --- | --- | --- |\n";
  for (const OnnxOperator& op : onnx_operators())
    std::cout << "| " << op.name << " | " << op.since << " to " << op.until << " | " << op.notes
              << " |\n";
}

void import(const Options& options) {
  if (options.operators) {
    print_operators();
    return;
  }
  OnnxOptions given = import_options(options);
  if (!options.files.empty()) add_shapes_of_files(options, given);
  const OnnxNetwork network = import_onnx(options.path, given);
  print(options, network);
  if (options.files.empty()) return;
  const bool good = check(options, network);
  std::cout.flush();
  OCTET_CHECK(good, options.path, ": the outputs are not those expected");
}

}  // namespace

void add_import(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "import",
      "Show what a float ONNX file becomes: its layers, shapes and parameters, what was folded and "
      "what cannot be int8.");
  command->add_option("FILE", options->path, "an .onnx file");
  command->add_option("--check", options->files,
                      "raw little-endian float32: a file for each input, then the expected values "
                      "of each output, in the file's order and layout; exit code 1 if they differ");
  command
      ->add_option("--tolerance", options->tolerance,
                   "for --check: the largest difference, of the largest expected value")
      ->capture_default_str();
  command->add_option("--shape", options->shapes,
                      "NAME=1,3,224,224: the shape of an input whose extents the file leaves open");
  command->add_flag("--ops", options->operators,
                    "instead: the operators that are read, as Markdown");
  command->callback([options] {
    if (!options->operators && options->path.empty()) throw CLI::RequiredError("FILE");
    import(*options);
  });
}

}  // namespace octet::app
