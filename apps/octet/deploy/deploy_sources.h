// What a deployment is made from: a file and what the user says of it, or a run of the trainer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "deploy/folder/deployment.h"

namespace octet::app {

/// What the command line says; empty: nothing.
struct DeployOptions {
  std::string source, target, platform, out;
  std::string name, labels, pixels, samples, data;
  std::vector<double> mean, std;
  bool overwrite = false;
};

/// Of a TFLite file. Throws Error.
deploy::DeploymentSource model_source(const DeployOptions& options);

/// Of a finished run's folder: its model, the normalization of its configuration, the class names
/// of its data set and ten of its test images, which are read again: from `options.data` or where
/// the run had them. Throws Error, also if the data are not those of the run.
deploy::DeploymentSource run_source(const DeployOptions& options);

/// What the graph's task entry says of its outputs; `description` is that of its metadata.
void take_task(deploy::DeploymentSource& source, const std::string& description);

}  // namespace octet::app
