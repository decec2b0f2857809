// octet deploy: a folder with a model and all that its user needs beside it.
#include <iostream>
#include <memory>

#include "apps/octet/commands.h"
#include "apps/octet/deploy/deploy_sources.h"
#include "base/error.h"
#include "base/printable.h"
#include "deploy/folder/folder_writer.h"

namespace octet::app {
namespace {

using deploy::FileForm;
using deploy::Platform;
using deploy::Target;

Platform platform_of(const DeployOptions& options, const Target& target) {
  if (options.platform.empty()) return Platform::python;
  OCTET_CHECK(target.form == FileForm::tflite, "--for ", options.platform,
              ": is for targets that take a TFLite file, not for ", target.name);
  return *deploy::parse_platform(options.platform);
}

/// "lenet-tflite-web", in the current directory.
std::string default_folder(const std::string& name, const Target& target, Platform platform) {
  OCTET_CHECK(name.find('/') == name.npos, "the model's name '", name,
              "' is no folder's: expected one without '/', or --out");
  std::string folder = name + "-" + std::string(target.name);
  if (target.form == FileForm::tflite) folder += "-" + std::string(deploy::platform_name(platform));
  return folder;
}

void deploy_model(const DeployOptions& options) {
  const Target& target = deploy::find_target(options.target);
  const Platform platform = platform_of(options, target);
  const bool run = std::filesystem::is_directory(options.source);
  const bool given = !options.labels.empty() || !options.mean.empty() || !options.std.empty() ||
                     !options.pixels.empty() || !options.samples.empty();
  OCTET_CHECK(
      !run || !given,
      "--labels, --mean, --std, --pixels and --samples: are for a model; a run has its own");
  OCTET_CHECK(run || options.data.empty(), "--data: is for a run");
  if (!options.out.empty()) deploy::check_folder(options.out, options.overwrite);
  deploy::DeploymentSource source = run ? run_source(options) : model_source(options);
  if (!options.name.empty()) source.name = options.name;
  const std::string folder =
      options.out.empty() ? default_folder(source.name, target, platform) : options.out;
  deploy::check_folder(folder, options.overwrite);
  const deploy::Deployment deployment = [&] {
    try {
      return deploy::make_deployment(std::move(source), target, platform);
    } catch (const Error& error) {
      throw Error(options.source + ": " + error.what());
    }
  }();
  for (const std::string& note : deployment.notes)
    std::cerr << "octet: note: " << printable_text(note) << '\n';
  deploy::write_folder(folder, deploy::deployment_files(deployment), options.overwrite);
  std::cout << printable_text(folder) << ": ";
  if (!deploy::is_onnx(target.form))
    std::cout << "the golden samples' line is \"" << deployment.agreement.text() << "\"; ";
  std::cout << "README.md says how to run the golden samples\n";
}

}  // namespace

void add_deploy(CLI::App& app) {
  auto options = std::make_shared<DeployOptions>();
  CLI::App* command = app.add_subcommand("deploy",
                                         "Write a folder with a model as a target takes it: "
                                         "preprocessing, labels, ten golden samples, "
                                         "a program that checks itself by them, and a README.");
  command
      ->add_option("MODEL", options->source,
                   "TFLite file (full-integer INT8), or the folder of a run of the trainer")
      ->required();
  command->add_option("--target,--to", options->target, deploy::targets_text())->required();
  command
      ->add_option("--for", options->platform,
                   "of targets that take a TFLite file: android, web or python (default)")
      ->check(CLI::IsMember({"android", "web", "python"}));
  command->add_option("--out", options->out,
                      "the folder to write; default: NAME-TARGET[-FOR] in the current directory");
  command->add_option("--name", options->name,
                      "what the model is called; default: its file, its run");
  command->add_option("--labels", options->labels, "file with a class name in each line");
  command
      ->add_option("--mean", options->mean,
                   "input = (pixel - mean) / std, in pixel units (0 to 255): one value, or one "
                   "for each channel")
      ->delimiter(',');
  command->add_option("--std", options->std, "see --mean")->delimiter(',');
  command->add_option("--pixels", options->pixels,
                      "file with ten pictures [height, width, channels], a byte for each value, to "
                      "check by; default: pseudo-random ones");
  command->add_option("--samples", options->samples,
                      "file with ten samples as the deployed model takes them, to check by");
  command->add_option("--data", options->data, "of a run: where its data set is now");
  command->add_flag("--overwrite", options->overwrite,
                    "replace the folder, if octet deploy made it");
  command->callback([options] { deploy_model(*options); });
}

}  // namespace octet::app
