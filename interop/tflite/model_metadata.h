// What a TFLite file says about its values for people and task libraries (MediaPipe, TFLite Task
// Library, Android's code generator): the standard metadata, "TFLITE_METADATA".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/graph.h"

namespace octet {

/// What a picture's channels are: red, green, blue, or one of grey.
enum class ColorSpace : std::uint8_t { unknown, rgb, grey };
/// "RGB", "grey", or nothing.
std::string_view color_name(ColorSpace color) noexcept;

/// Of an input or output.
struct ValueMetadata {
  /// An image's input is (pixel - mean) / std, pixels 0 to 255; one number for all channels or one
  /// for each. Both empty: not said.
  std::vector<float> mean, std;
  /// Of an output: what its last axis' entries mean. Empty: not said. No line breaks.
  std::vector<std::string> labels;
  /// Of an input that is a picture, as a file says it; 0: not said. Files get what the input's
  /// shape says: RGB of 3 channels, grey of 1.
  ColorSpace color = ColorSpace::unknown;
  std::uint32_t height = 0, width = 0;
  /// An input of numbers that are no pixels, whatever its shape: (number - mean) / std.
  bool numbers = false;
  /// Whether there is nothing to be said beside the shape.
  bool empty() const { return mean.empty() && std.empty() && labels.empty(); }
};

/// An entry for each input and output of the graph, in its order; or none.
struct ModelMetadata {
  std::string name, description;
  std::vector<ValueMetadata> inputs, outputs;
  bool empty() const;  ///< of all values
};

/// What is known of a network from a picture to scores of classes. Empty: not known.
struct ClassifierMetadata {
  std::vector<float> mean, std;     ///< of the first input; one number is for all channels
  std::vector<std::string> labels;  ///< of the first output
};

/// `metadata` with `known` in its place, and an entry for each input and output of the graph; if it
/// has other numbers of them, they are not those of this graph and left out.
ModelMetadata with_known(ModelMetadata metadata, const int8::Graph& graph,
                         const ClassifierMetadata& known);

/// Throws Error naming the value whose mean, std or labels do not fit its shape.
void check_metadata(const ModelMetadata& metadata, const int8::Graph& graph);

/// What the bytes of a TFLite file have, as far as it is understood: pictures and normalization of
/// inputs, and labels that are stored in the file (as they are: not compressed). Nothing if there
/// is none or it is damaged: a file runs without. Requires a file that parse_tflite() takes.
std::optional<ModelMetadata> read_model_metadata(std::span<const std::byte> file);

}  // namespace octet
