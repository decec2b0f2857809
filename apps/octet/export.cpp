// octet export: a model as a target takes it.
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "apps/octet/commands.h"
#include "apps/octet/read_lines.h"
#include "apps/octet/run_folder.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "deploy/target_model.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

struct Options {
  std::string model, target, out, io, input_io, output_io, labels;
  std::vector<float> mean, std;
  c99::CExportOptions c_source;
};

/// What the file says of its values, and in its place what the user says.
ModelMetadata metadata(const Options& options, std::span<const std::byte> file,
                       const int8::Graph& graph) {
  ClassifierMetadata said{options.mean, options.std, {}};
  if (!options.labels.empty()) said.labels = read_lines(options.labels);
  return with_known(read_model_metadata(file).value_or(ModelMetadata{}), graph, said);
}

std::optional<deploy::Io> io_of(const std::string& one, const std::string& both) {
  return deploy::parse_io(one.empty() ? both : one);
}

/// With the file and the normalization of a run in place of its folder.
Options of_file(Options options) {
  if (!std::filesystem::is_directory(options.model)) return options;
  const RunModel run = read_run_folder(options.model);
  options.model = run.file.string();
  if (options.mean.empty() && options.std.empty()) {
    options.mean.assign(run.mean.begin(), run.mean.end());
    options.std.assign(run.std.begin(), run.std.end());
  }
  return options;
}

void export_model(const Options& given) {
  const deploy::Target& target = deploy::find_target(given.target);
  const c99::CExportOptions unsaid;
  OCTET_CHECK(target.form == deploy::FileForm::c99 ||
                  (given.c_source.name == unsaid.name && given.c_source.simd == unsaid.simd),
              "--name and --simd are of C source; target ", target.name, " takes another form");
  const Options options = of_file(given);
  const MappedFile file = map_file(options.model);
  deploy::TargetModel model;
  try {
    int8::Graph graph = parse_tflite(file.bytes, file.owner);
    deploy::ExportOptions to;
    to.inputs = io_of(options.input_io, options.io);
    to.outputs = io_of(options.output_io, options.io);
    to.metadata = metadata(options, file.bytes, graph);
    to.c_source = options.c_source;
    model = deploy::make_target_model(std::move(graph), target, to);
  } catch (const Error& error) {
    fail(options.model, ": ", error.what());
  }
  const bool has_metadata =
      target.form == deploy::FileForm::tflite || target.form == deploy::FileForm::tflm;
  if (!has_metadata && !model.metadata.empty())
    model.notes.push_back(std::string(target.name) +
                          "'s files have no place for labels and normalization");
  for (const std::string& note : model.notes)
    std::cerr << "octet: note: " << printable_text(note) << '\n';
  if (options.out.empty()) {
    std::cout << target.name << " takes " << printable_text(options.model) << '\n';
    return;
  }
  deploy::write_target_model(model, target, options.out);
  std::cout << "wrote " << printable_text(options.out) << " for " << target.name << ", rounding "
            << int8::rounding_name(model.graph.rounding) << '\n';
}

}  // namespace

void add_export(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "export",
      "Write a model as a target takes it: in its rounding and file form, with int8, uint8 or "
      "float32 at its edges, and the metadata that task libraries read. What the target refuses is "
      "an error.");
  const CLI::IsMember types({"int8", "uint8", "float32"});
  command
      ->add_option("MODEL", options->model,
                   "TFLite file (full-integer INT8), or the folder of a finished run, which says "
                   "its normalization")
      ->required();
  command->add_option("--to,--target", options->target, deploy::targets_text())->required();
  command->add_option(
      "--out", options->out,
      "what to write: a file, for tflm, c and mnn a folder; without it the model is "
      "checked only");
  command
      ->add_option("--io", options->io,
                   "type of inputs and outputs; default int8, of ONNX files float32")
      ->check(types);
  command->add_option("--input-io", options->input_io, "of inputs alone")->check(types);
  command->add_option("--output-io", options->output_io, "of outputs alone")->check(types);
  command->add_option("--labels", options->labels,
                      "names of the first output's classes: a text file, one a line");
  command
      ->add_option("--mean", options->mean,
                   "the first input is (pixel - mean) / std, pixels 0 to 255: one number, or "
                   "one for each channel")
      ->delimiter(',');
  command->add_option("--std", options->std, "see --mean")->delimiter(',');
  command->add_option("--name", options->c_source.name, "c: of files and functions; default model");
  command
      ->add_option("--simd", options->c_source.simd,
                   "c: none, or the intrinsics of Cortex-M: dsp (M4, M7, M33), mve (M55)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, c99::CSimd>{
          {"none", c99::CSimd::none}, {"dsp", c99::CSimd::dsp}, {"mve", c99::CSimd::mve}}));
  command->callback([options] { export_model(*options); });
}

}  // namespace octet::app
