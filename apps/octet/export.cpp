// octet export: a model as a target takes it.
#include <iostream>
#include <memory>

#include "apps/octet/commands.h"
#include "base/error.h"
#include "base/printable.h"
#include "deploy/targets.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"

namespace octet::app {
namespace {

struct Options {
  std::string model, target, out;
};

void write_form(const deploy::Target& target, const int8::Graph& graph, const std::string& out) {
  switch (target.form) {
    case deploy::FileForm::tflite:
      write_tflite(graph, out);
      return;
    case deploy::FileForm::tflm:
    case deploy::FileForm::c99:
    case deploy::FileForm::program:
      break;
  }
  fail("--to ", target.name, ": this version of octet does not write it");
}

void export_model(const Options& options) {
  const deploy::Target& target = deploy::find_target(options.target);
  int8::Graph graph = read_tflite(options.model);
  if (graph.rounding != target.rounding) {
    std::cerr << "octet: note: " << printable_text(options.model) << " is of "
              << int8::rounding_name(graph.rounding) << " rounding, " << target.name
              << " computes by " << int8::rounding_name(target.rounding)
              << ": codes will differ from those in training\n";
    graph.rounding = target.rounding;
  }
  write_form(target, graph, options.out);
}

}  // namespace

void add_export(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Write a model as a target takes it.");
  command->add_option("MODEL", options->model, "TFLite file (full-integer INT8)")->required();
  command->add_option("--to", options->target, deploy::targets_text())->required();
  command->add_option("--out", options->out, "the file or folder to write")->required();
  command->callback([options] { export_model(*options); });
}

}  // namespace octet::app
