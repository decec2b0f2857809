// A data set as the command line names it, for a classifier.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "apps/octet/pictures/picture_classifier.h"
#include "data/dataset.h"

namespace octet::app {

struct LabelledPictures {
  std::string path, format, split;

  /// Adds DATA, --format and --split to a subcommand.
  void add_to(CLI::App& command);
};

/// The samples, pictures at the classifier's size, with labels that are its classes: by their names
/// where both have some, else by number. Throws Error if the data cannot be read or have classes
/// that the classifier lacks.
Dataset open_labelled(const LabelledPictures& data, const PictureClassifier& classifier);

}  // namespace octet::app
