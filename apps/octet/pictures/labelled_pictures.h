// A data set as the command line names it, for a model.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "apps/octet/pictures/picture_model.h"
#include "data/dataset.h"
#include "eval/task_head.h"

namespace octet::app {

struct LabelledPictures {
  std::string path, format, split;
  std::vector<std::string> normal;

  /// Adds DATA, --format, --split and --normal to a subcommand.
  void add_to(CLI::App& command);
};

/// The samples, pictures at the model's size, with the targets that its task is judged by: of a
/// classifier labels that are its classes, by their names where both have some, else by number; of
/// an autoencoder 0 normal and 1 anomaly. Throws Error if the data cannot be read or have others.
Dataset open_labelled(const LabelledPictures& data, const PictureModel& model);

/// Of a model with several outputs: which of those targets each is judged by. Throws Error if its
/// file does not say.
std::vector<TaskHead> judged_heads(const LabelledPictures& data, const PictureModel& model);

}  // namespace octet::app
