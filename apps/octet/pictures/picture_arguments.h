// What the command line says of a model of pictures, in place of what its file says.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "apps/octet/model_arguments.h"

namespace octet::app {

struct PictureArguments {
  std::string labels, task;
  std::vector<double> mean, std;

  /// Adds --labels, --task, --mean and --std to a subcommand.
  void add_to(CLI::App& command);
  bool given() const { return !labels.empty() || !task.empty() || !mean.empty() || !std.empty(); }
};

/// `octet run MODEL PICTURE...`
struct RunPicturesOptions {
  PictureArguments about;
  std::vector<std::string> pictures;  ///< files, and folders of them
  int top = 1;
  std::string masks;  ///< folder that masks are written to; empty: none are
  bool json = false;
};

/// Prints what pictures show: their classes, numbers, whether they are anomalies, or how much of
/// them is of each class. Throws Error, also at the end where pictures could not be read.
void run_pictures(const ModelArguments& model, int threads, const RunPicturesOptions& options);

}  // namespace octet::app
