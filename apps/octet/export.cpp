// octet export: a model as a target takes it.
#include <iostream>
#include <map>
#include <memory>

#include "apps/octet/commands.h"
#include "base/error.h"
#include "base/printable.h"
#include "deploy/targets.h"
#include "interop/c99/export_c.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"

namespace octet::app {
namespace {

struct Options {
  std::string model, target, out;
  c99::CExportOptions c99;
};

void write_c99(const int8::Graph& graph, const c99::CExportOptions& options,
               const std::string& out) {
  const c99::CExport made = c99::export_c(graph, options);
  c99::write_c_folder(made.files, out);
  std::cout << "arena " << made.arena_bytes << " bytes, states " << made.state_bytes
            << " bytes, constants " << made.constant_bytes << " bytes\n";
}

void write_form(const deploy::Target& target, const int8::Graph& graph, const Options& options) {
  switch (target.form) {
    case deploy::FileForm::tflite:
      write_tflite(graph, options.out);
      return;
    case deploy::FileForm::c99:
      write_c99(graph, options.c99, options.out);
      return;
    case deploy::FileForm::tflm:
    case deploy::FileForm::program:
      break;
  }
  fail("--to ", target.name, ": this version of octet does not write it");
}

void export_model(const Options& options) {
  const deploy::Target& target = deploy::find_target(options.target);
  int8::Graph graph = read_tflite(options.model);
  // C source computes in the rounding that the model has, or refuses it.
  if (graph.rounding != target.rounding && target.form != deploy::FileForm::c99) {
    std::cerr << "octet: note: " << printable_text(options.model) << " is of "
              << int8::rounding_name(graph.rounding) << " rounding, " << target.name
              << " computes by " << int8::rounding_name(target.rounding)
              << ": codes will differ from those in training\n";
    graph.rounding = target.rounding;
  }
  write_form(target, graph, options);
}

}  // namespace

void add_export(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Write a model as a target takes it.");
  command->add_option("MODEL", options->model, "TFLite file (full-integer INT8)")->required();
  command->add_option("--to", options->target, deploy::targets_text())->required();
  command->add_option("--out", options->out, "the file or folder to write")->required();
  command->add_option("--name", options->c99.name, "c: of files and functions; default model");
  command
      ->add_option("--simd", options->c99.simd,
                   "c: none, or the intrinsics of Cortex-M: dsp (M4, M7, M33), mve (M55)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, c99::CSimd>{
          {"none", c99::CSimd::none}, {"dsp", c99::CSimd::dsp}, {"mve", c99::CSimd::mve}}));
  command->callback([options] { export_model(*options); });
}

}  // namespace octet::app
