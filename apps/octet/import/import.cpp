// octet import: what a file of another program becomes, whether it computes what it should, and the
// integer model that it already is.
#include <iostream>
#include <memory>
#include <utility>

#include "apps/octet/commands.h"
#include "apps/octet/import/check.h"
#include "apps/octet/import/file_network.h"
#include "apps/octet/import/print_network.h"
#include "apps/octet/import/write_floats.h"
#include "apps/octet/import/write_int8.h"
#include "base/error.h"

namespace octet::app {
namespace {

struct Options {
  std::string path, int8, rounding;
  FloatOutputs floats;
  std::vector<std::string> files, shapes;
  double tolerance = 1e-4;
  bool operators = false, tflite_operators = false, written_operators = false;
};

void import(const Options& options) {
  if (options.operators) {
    print_operators();
    return;
  }
  if (options.tflite_operators) {
    print_tflite_operators();
    return;
  }
  if (options.written_operators) {
    print_written_operators();
    return;
  }
  const FileNetwork network = read_network(options.path, options.shapes, options.files);
  print_network(options.path, network);
  if (!options.files.empty()) {
    const bool good = check(network, options.files, options.tolerance);
    std::cout.flush();
    OCTET_CHECK(good, options.path, ": the outputs are not those expected");
  }
  std::cout.flush();
  if (!options.int8.empty()) {
    const int8::Rounding rounding =
        options.rounding.empty() ? network.rounding : *int8::parse_rounding(options.rounding);
    write_int8(options.path, *network.graph, network.stored, rounding, options.int8);
  }
  if (options.floats.any())  // last: weights may change
    write_floats(options.path, std::move(*network.graph), options.floats);
}

}  // namespace

void add_import(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "import",
      "Show what an ONNX or TFLite file becomes as a network that trains: its layers, shapes and "
      "parameters, what was folded and what cannot be int8.");
  command->add_option("FILE", options->path, "an .onnx or .tflite file");
  command->add_option("--check", options->files,
                      "raw little-endian float32: a file for each input, then the expected values "
                      "of each output, in the file's order and layout; exit code 1 if they differ");
  command
      ->add_option("--tolerance", options->tolerance,
                   "for --check: the largest difference, of the largest expected value")
      ->capture_default_str();
  command->add_option("--shape", options->shapes,
                      "NAME=1,3,224,224: the shape of an input whose extents the file leaves open");
  command->add_option("--fp16", options->floats.fp16,
                      "write the float network, a TFLite file with its weights in float16");
  command->add_option("--onnx", options->floats.onnx, "write the float network, an ONNX file");
  command->add_option("--onnx-fp16", options->floats.onnx_fp16,
                      "write the float network, an ONNX file in float16; inputs and outputs stay "
                      "float32");
  command->add_option(
      "--int8", options->int8,
      "of a quantized file: write the integer model, a TFLite file, with the scales "
      "and zero points that it has");
  command
      ->add_option(
          "--rounding", options->rounding,
          "for --int8: single, double or float; unless given, as a TFLite file says, of an ONNX "
          "file single")
      ->check(CLI::IsMember({"single", "double", "float"}));
  command->add_flag("--ops", options->operators,
                    "instead: the operators that are read of ONNX files, as Markdown");
  command->add_flag("--tflite-ops", options->tflite_operators, "instead: those of TFLite files");
  command->add_flag("--onnx-out-ops", options->written_operators,
                    "instead: what is written into ONNX files for each operator of TFLite");
  command->callback([options] {
    const bool lists =
        options->operators || options->tflite_operators || options->written_operators;
    if (!lists && options->path.empty()) throw CLI::RequiredError("FILE");
    import(*options);
  });
}

}  // namespace octet::app
