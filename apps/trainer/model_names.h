// What a run's files say of the network beside its numbers: class names and normalization.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/trainer/session.h"
#include "int8/graph/graph.h"

namespace octet::trainer {

/// The names of the network's outputs, printable and in one line each: of classes those of the data
/// set, and numbers for outputs beyond its classes; of values those of the table's columns. Empty
/// if there are no names.
std::vector<std::string> output_names(const Session& s);

/// Writes a TFLite file of the run that names the classes and says how pictures of any size become
/// the network's input. `half_constants`: see TfliteOptions; `threshold`: an autoencoder's, see
/// TaskEntry.
void write_model(const Session& s, int8::Graph graph, const std::filesystem::path& file,
                 bool half_constants = false, std::optional<double> threshold = {});

/// The size of that file.
std::size_t model_bytes(const Session& s, int8::Graph graph);

/// labels.txt: a name a line, in the order of the outputs.
std::string labels_text(const std::vector<std::string>& names);
/// Writes it, if there are names.
void write_labels(const Session& s);

}  // namespace octet::trainer
