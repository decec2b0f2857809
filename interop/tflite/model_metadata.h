// What a TFLite file says about its values for people and task libraries (MediaPipe, TFLite Task
// Library, Android's code generator): the standard metadata, "TFLITE_METADATA".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "int8/graph/graph.h"

namespace octet {

/// Of an input or output.
struct ValueMetadata {
  /// An image's input is (pixel - mean) / std, pixels 0 to 255; one number for all channels or one
  /// for each. Both empty: not said.
  std::vector<float> mean, std;
  /// Of an output: what its last axis' entries mean. Empty: not said. No line breaks.
  std::vector<std::string> labels;
  bool empty() const { return mean.empty() && std.empty() && labels.empty(); }
};

/// An entry for each input and output of the graph, in its order; or none.
struct ModelMetadata {
  std::string name, description;
  std::vector<ValueMetadata> inputs, outputs;
  bool empty() const;  ///< of all values
};

/// Throws Error naming the value whose mean, std or labels do not fit its shape.
void check_metadata(const ModelMetadata& metadata, const int8::Graph& graph);

/// What the bytes of a TFLite file have, as far as it is understood: normalization of inputs, and
/// labels that are stored in the file (as they are: not compressed). Nothing if there is none or it
/// is damaged: a file runs without. Requires a file that parse_tflite() takes.
std::optional<ModelMetadata> read_model_metadata(std::span<const std::byte> file);

}  // namespace octet
