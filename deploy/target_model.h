// From a model to what a target takes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "deploy/targets.h"
#include "int8/graph/graph.h"
#include "interop/c99/export_c.h"
#include "interop/tflite/model_metadata.h"

namespace octet::deploy {

struct ExportOptions {
  std::optional<Io> inputs, outputs;  ///< none: the target's
  ModelMetadata metadata;
  c99::CExportOptions c_source = {};  ///< of FileForm::c99
};

/// A model in a target's terms.
struct TargetModel {
  int8::Graph graph;
  ModelMetadata metadata;
  c99::CExportOptions c_source;
  std::vector<std::string> notes;  ///< what the user should know, a line each
};

/// The graph in the target's rounding (Target::any_rounding: in its own), with the asked types at
/// its edges and SAME in place of PAD where it means the same. Throws Error listing what the target
/// refuses.
TargetModel make_target_model(int8::Graph graph, const Target& target,
                              const ExportOptions& options);

/// Writes the target's file, or the folder of its files, whole or not at all. Same model, same
/// bytes.
void write_target_model(const TargetModel& model, const Target& target,
                        const std::filesystem::path& out);

/// Whether codes of this type are the pixels themselves (0 to 255), by the params of `input` and
/// the normalization (pixel - mean) / std: to half a code.
bool takes_pixels(const int8::TensorDef& input, const ValueMetadata& normalization);

}  // namespace octet::deploy
